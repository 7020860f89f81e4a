import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { ConnectError } from "@connectrpc/connect";
import { afterEach, describe, expect, it } from "vitest";
import { createClients, createTransport } from "../src/index.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function setup(status: number, body: object) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  return { requests, baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/rpc` };
}

describe("createTransport", () => {
  it("calls below the base path by POST with the bearer and gives exact 64-bit numbers", async () => {
    const { requests, baseUrl } = await setup(200, { deadLetters: "9223372036854775807" });
    const { telemetry } = createClients(
      createTransport({ baseUrl, bearer: () => Promise.resolve("k.secret") }),
    );
    const pulse = await telemetry.getPulse({ seconds: 1 });
    expect(pulse.deadLetters).toBe(9_223_372_036_854_775_807n);
    expect(requests[0]?.url).toBe("/rpc/laurel.v1.TelemetryService/GetPulse");
    expect(requests[0]?.method).toBe("POST");
    expect(requests[0]?.headers.authorization).toBe("Bearer k.secret");
  });

  it("sends no bearer when there is none and gives the server's error as it is", async () => {
    const { requests, baseUrl } = await setup(404, { code: "not_found", message: "no such contest" });
    const { operator } = createClients(createTransport({ baseUrl, bearer: () => undefined }));
    const error: unknown = await operator.getSession({}).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ConnectError);
    expect((error as ConnectError).rawMessage).toBe("no such contest");
    expect(requests[0]?.headers.authorization).toBeUndefined();
  });
});
