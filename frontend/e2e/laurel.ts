import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test as base, expect } from "@playwright/test";

const binary = resolve(import.meta.dirname, "../../bin/laurel");
const apiKey = "k_e2e";
const startMillis = 30_000;

/** A running `laurel dev` with data of its own. */
export interface Laurel {
  /** Address without a trailing slash. */
  url: string;
  /** Who may sign in, as the server printed it. */
  operator: { name: string; password: string };
  /** Posts events to the REST door and expects each to be accepted. */
  post(events: readonly object[]): Promise<void>;
}

/** The tests' `test`: every file gets one server, started from the real binary on a free port and stopped at the end. */
export const test = base.extend<object, { laurel: Laurel }>({
  laurel: [
    async ({ browserName }, use) => {
      const folder = await mkdtemp(join(tmpdir(), `laurel-${browserName}-`));
      const port = await freePort();
      const server = spawn(binary, ["dev"], {
        cwd: folder,
        env: {
          ...process.env,
          LAUREL_LISTEN: `127.0.0.1:${port}`,
          LAUREL_DATABASE_URL: `sqlite:${join(folder, "laurel.db")}`,
          LAUREL_DEV_API_KEY: apiKey,
        },
        stdio: ["ignore", "pipe", "pipe"],
      });
      const output = collect(server);
      const url = `http://127.0.0.1:${port}`;
      try {
        await ready(url, server, output);
        await use({ url, operator: signIn(output()), post: (events) => post(url, events) });
      } finally {
        await stop(server);
        await rm(folder, { recursive: true, force: true });
      }
    },
    { scope: "worker", timeout: startMillis + 15_000 },
  ],
});

export { expect };

async function post(url: string, events: readonly object[]): Promise<void> {
  const response = await fetch(`${url}/v1/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ events }),
  });
  const text = await response.text();
  expect(response.status, text).toBe(202);
  expect(JSON.parse(text)).toMatchObject({ accepted: events.length, rejected: 0 });
}

/** Keeps what the server says, so that a failed start can show it. */
function collect(server: ChildProcess): () => string {
  let text = "";
  server.stdout?.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  server.stderr?.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  return () => text;
}

async function ready(url: string, server: ChildProcess, output: () => string): Promise<void> {
  await expect
    .poll(
      async () => {
        if (server.exitCode !== null)
          throw new Error(`laurel dev ended with ${server.exitCode}:\n${output()}`);
        return fetch(`${url}/readyz`).then(
          (response) => response.status,
          () => 0,
        );
      },
      { timeout: startMillis, message: `laurel dev at ${url}` },
    )
    .toBe(200);
}

/** Reads name and password from what `laurel dev` prints at its start. */
function signIn(output: string): Laurel["operator"] {
  const name = /^ *Name +(\S+)$/m.exec(output)?.[1];
  const password = /^ *Password +(\S+)$/m.exec(output)?.[1];
  if (!name || !password) throw new Error(`laurel dev printed no sign-in:\n${output}`);
  return { name, password };
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return;
  const exited = once(server, "exit");
  server.kill("SIGTERM");
  const killer = setTimeout(() => server.kill("SIGKILL"), 10_000);
  const [code, signal] = await exited;
  clearTimeout(killer);
  expect(signal ?? code, "laurel dev stops by itself when asked to").toBe(0);
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const probe = createServer();
    probe.on("error", failed);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === "object" ? done(address.port) : failed(new Error("no port")),
      );
    });
  });
}
