import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type BrowserContext, test as base, expect } from "@playwright/test";

const binary = resolve(import.meta.dirname, "../../bin/laurel");
const apiKey = "k_e2e";
const startMillis = 90_000;

/** A running `laurel dev` with data of its own. */
export interface Laurel {
  /** Address without a trailing slash. */
  readonly url: string;
  /** Who may sign in, as the server printed it when it last started. */
  readonly operator: { readonly name: string; readonly password: string };
  /** Posts events to the REST door and expects each to be accepted. */
  post(events: readonly object[]): Promise<void>;
  /** Posts an event and expects it to be refused. */
  postRefused(event: object): Promise<void>;
  /** Publishes a definition as the operator, on top of whatever is the newest version. */
  publish(yaml: string): Promise<void>;
  /** Signs the operator in for the pages of a context, without the form. */
  signIn(context: BrowserContext): Promise<void>;
  stop(): Promise<void>;
  /** Starts it again where it was, with the data it had. */
  start(): Promise<void>;
}

/** The tests' `test`: one server for all of them, started from the real binary on a free port and stopped at the end. */
export const test = base.extend<object, { laurel: Laurel }>({
  laurel: [
    async ({ browserName }, use) => {
      const folder = await mkdtemp(join(tmpdir(), `laurel-${browserName}-`));
      const laurel = new RunningLaurel(folder, await freePort());
      try {
        await laurel.start();
        await use(laurel);
      } finally {
        await laurel.stop();
        await rm(folder, { recursive: true, force: true });
      }
    },
    { scope: "worker", timeout: startMillis + 90_000 },
  ],
});

export { expect };

class RunningLaurel implements Laurel {
  readonly url: string;
  operator = { name: "", password: "" };
  readonly #folder: string;
  readonly #port: number;
  #server: ChildProcess | undefined;

  constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  async start(): Promise<void> {
    const server = spawn(binary, ["dev"], {
      cwd: this.#folder,
      env: {
        ...process.env,
        LAUREL_LISTEN: `127.0.0.1:${this.#port}`,
        LAUREL_DATABASE_URL: `sqlite:${join(this.#folder, "laurel.db")}`,
        LAUREL_DEV_API_KEY: apiKey,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#server = server;
    const output = collect(server);
    await ready(this.url, server, output);
    // It answers a moment before it has printed.
    await expect.poll(output, { timeout: startMillis }).toMatch(/^ *Password +\S+$/m);
    this.operator = printedSignIn(output());
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined || server.exitCode !== null) return;
    const exited = once(server, "exit");
    server.kill("SIGTERM");
    const killer = setTimeout(() => server.kill("SIGKILL"), 60_000);
    const [code, signal] = await exited;
    clearTimeout(killer);
    expect(signal ?? code, "laurel dev stops by itself when asked to").toBe(0);
  }

  async post(events: readonly object[]): Promise<void> {
    const { status, text } = await this.#send({ events });
    expect(status, text).toBe(202);
    expect(JSON.parse(text)).toMatchObject({ accepted: events.length, rejected: 0 });
  }

  async postRefused(event: object): Promise<void> {
    const { status, text } = await this.#send(event);
    expect(status, text).toBeGreaterThanOrEqual(400);
    expect(status, text).toBeLessThan(500);
  }

  async publish(yaml: string): Promise<void> {
    const cookie = await this.#cookie();
    const response = await this.#call("CatalogService/PublishDefinition", { yaml }, { cookie });
    expect(response.status, await response.text()).toBe(200);
  }

  async signIn(context: BrowserContext): Promise<void> {
    const [name = "", value = ""] = (await this.#cookie()).split("=", 2);
    await context.addCookies([{ name, value, url: this.url, httpOnly: true, sameSite: "Lax" }]);
  }

  /** The cookie of a new session, as a request carries it. */
  async #cookie(): Promise<string> {
    const response = await this.#call("OperatorService/SignIn", this.operator);
    expect(response.status, await response.text()).toBe(200);
    return response.headers.getSetCookie()[0]?.split(";", 1)[0] ?? "";
  }

  #call(procedure: string, message: object, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.url}/rpc/laurel.v1.${procedure}`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: this.url, ...headers },
      body: JSON.stringify(message),
    });
  }

  async #send(body: object): Promise<{ status: number; text: string }> {
    const response = await fetch(`${this.url}/v1/events`, {
      method: "POST",
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return { status: response.status, text: await response.text() };
  }
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
function printedSignIn(output: string): Laurel["operator"] {
  const name = /^ *Name +(\S+)$/m.exec(output)?.[1];
  const password = /^ *Password +(\S+)$/m.exec(output)?.[1];
  if (!name || !password) throw new Error(`laurel dev printed no sign-in:\n${output}`);
  return { name, password };
}

/**
 * Ports below those that systems give to outgoing connections: a server that a test stops comes back at its port, and no
 * connection, not even a page's that looks for the server there, may have it meanwhile. Browsers refuse 10 080.
 */
const ports = { first: 11_000, last: 29_999, attempts: 100 };

/** A port of loopback that nobody listens on. */
async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ports.attempts; attempt++) {
    const port = ports.first + Math.floor(Math.random() * (ports.last - ports.first + 1));
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port after ${ports.attempts} tries`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const probe = createServer();
    probe.once("error", () => done(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => done(true)));
  });
}
