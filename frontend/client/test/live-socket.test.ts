import { afterEach, describe, expect, it, vi } from "vitest";
import type { Board } from "../src/board.model.js";
import { boardChannel } from "../src/channel-key.js";
import type { ConnectionState } from "../src/connection.model.js";
import type { Refusal, Row } from "../src/frame.js";
import { jsonCodec } from "../src/json-codec.js";
import { LiveSocket, type LiveSocketOptions } from "../src/live-socket.js";
import type { Page, PageSignal } from "../src/page.js";
import { protoCodec } from "../src/proto-codec.js";
import { ContestFeed, contestOf } from "./contest-feed.js";
import { type LiveServer, type LiveServerOptions, startLiveServer, welcome } from "./live-server.js";
import { Random } from "./random.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A page whose signals the test gives. */
class TestPage implements Page {
  hidden = false;
  online = true;
  readonly #listeners = new Set<(signal: PageSignal) => void>();

  watch(listener: (signal: PageSignal) => void) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get watched() {
    return this.#listeners.size;
  }

  signal(signal: PageSignal) {
    for (const listener of this.#listeners) listener(signal);
  }
}

const feedOf = (players: number) =>
  new ContestFeed(
    contestOf({ id: "t" }),
    Array.from({ length: players }, (_, index) => ({
      key: `k${index}`,
      userId: `u_${index}`,
      name: `Player ${index}`,
      units: BigInt(1000 - index),
    })),
  );

/** No state and no question of a test may come of a machine that is busy for a few seconds. */
const patient = {
  reconnectingAfterMs: 60_000,
  welcomeWithinMs: 60_000,
  pongWithinMs: 60_000,
  askAgainMs: 60_000,
};

async function setup(serverOptions: LiveServerOptions = {}, options: Partial<LiveSocketOptions> = {}) {
  const server = await startLiveServer(serverOptions);
  cleanups.push(() => server.stop());
  const page = new TestPage();
  const socket = new LiveSocket({
    url: server.url,
    codec: protoCodec,
    page,
    ...options,
    timing: {
      ...patient,
      firstRetryMs: 10,
      longestRetryMs: 40,
      resyncEveryMs: 20,
      pauseAfterMs: 20,
      ...options.timing,
    },
  });
  cleanups.push(() => socket.close());
  const states: ConnectionState[] = [];
  const errors: Refusal[] = [];
  socket.onState((state) => states.push(state));
  socket.onError((error) => errors.push(error));
  return { server, page, socket, states, errors };
}

/** Watches "t" and keeps what came. */
function watch(socket: LiveSocket, contestId = "t", top = 10, around = 3) {
  const boards: Board[] = [];
  const refusals: Refusal[] = [];
  const subscription = socket.subscribe(
    { contestId, top, around },
    { onBoard: (board) => boards.push(board), onRefusal: (refusal) => refusals.push(refusal) },
  );
  return { boards, refusals, subscription };
}

const cases = (server: LiveServer, connection = 0) =>
  server.connections[connection]?.received.map((frame) => frame.case) ?? [];
const last = (server: LiveServer) => {
  const connection = server.connections.at(-1);
  if (!connection) throw new Error("nobody connected");
  return connection;
};
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 30_000, interval: 5 });

describe.each([protoCodec, jsonCodec])("LiveSocket over $protocol", (codec) => {
  it("greets, waits for the welcome, subscribes and follows a moving board exactly", async () => {
    const feed = feedOf(30);
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = new Random(seed);
    const { server, socket } = await setup({}, { codec, token: () => "a.b.c" });
    const { boards, subscription } = watch(socket);
    socket.start();
    await eventually(() => expect(cases(server)).toEqual(["hello", "subscribe"]));
    expect(last(server).protocol).toBe(codec.protocol);
    expect(last(server).received[0]?.value).toMatchObject({ token: "a.b.c" });
    expect(last(server).received[1]?.value).toMatchObject({
      channel: boardChannel("t"),
      view: { value: { top: 10, around: 3 } },
    });

    let before: readonly Row[] = feed.top(10);
    last(server).send(feed.snapshot(before, 1n));
    for (let revision = 2n; revision <= 60n; revision++) {
      const entrant = feed.entrants[random.below(30)];
      if (entrant) entrant.units += BigInt(random.below(40));
      const after = feed.top(10);
      last(server).send(feed.delta(before, after, revision));
      before = after;
    }
    last(server).send(feed.own("u_20", 3, 60n));
    await eventually(() => expect(boards).toHaveLength(61));
    expect(subscription.board?.top, `seed ${seed}`).toEqual(
      before.map((row) => expect.objectContaining(row)),
    );
    expect(subscription.board?.me?.row).toMatchObject({ userId: "u_20" });
    expect(subscription.board?.revision).toBe(60n);
    expect(cases(server)).not.toContain("resync");
  });
});

describe("LiveSocket", () => {
  it("asks once for a snapshot at a gap, keeps the board meanwhile and heals", async () => {
    const feed = feedOf(5);
    const { server, socket } = await setup({}, { timing: { resyncEveryMs: 10_000 } });
    const { boards, subscription } = watch(socket);
    socket.start();
    await eventually(() => expect(cases(server)).toContain("subscribe"));
    const rows = feed.top(5);
    last(server).send(feed.snapshot(rows, 1n));
    for (const revision of [3n, 4n, 5n]) last(server).send(feed.delta(rows, rows.slice(0, 1), revision));
    await eventually(() => expect(cases(server)).toContain("resync"));
    expect(subscription.board?.revision).toBe(1n);
    expect(subscription.board?.top).toHaveLength(5);
    last(server).send(feed.snapshot(rows.slice(0, 4), 9n));
    last(server).send(feed.delta(rows.slice(0, 4), rows.slice(0, 3), 10n));
    await eventually(() => expect(subscription.board?.revision).toBe(10n));
    expect(boards.map((board) => board.revision)).toEqual([1n, 9n, 10n]);
    expect(cases(server).filter((name) => name === "resync")).toHaveLength(1);
  });

  it("asks again when the answer to a resync was lost", async () => {
    const feed = feedOf(2);
    const { server, socket } = await setup({}, { timing: { askAgainMs: 30 } });
    watch(socket);
    socket.start();
    await eventually(() => expect(cases(server)).toContain("subscribe"));
    last(server).send(feed.snapshot(feed.top(2), 1n));
    last(server).send(feed.delta([], [], 5n));
    await eventually(() =>
      expect(cases(server).filter((name) => name === "resync").length).toBeGreaterThan(1),
    );
  });

  it("comes back by itself after a break, shows nothing of a short one, and keeps the board", async () => {
    const feed = feedOf(3);
    const onFrame: LiveServerOptions["onFrame"] = (frame, to) => {
      if (frame.case === "hello") to.send(welcome());
      if (frame.case === "subscribe") to.send(feed.snapshot(feed.top(3), 1n));
    };
    const { server, socket, states } = await setup({ onFrame });
    const { boards, subscription } = watch(socket);
    socket.start();
    await eventually(() => expect(boards).toHaveLength(1));
    last(server).cut();
    await eventually(() => expect(boards).toHaveLength(2));
    expect(subscription.board?.top).toHaveLength(3);
    expect(states).toEqual(["connecting", "live"]);
  });

  it("says reconnecting only when the break lasts, and retries with growing, bounded waits", async () => {
    const { server, socket, states } = await setup(
      {},
      { timing: { reconnectingAfterMs: 60 }, random: () => 0.99 },
    );
    const { port } = new URL(server.httpUrl);
    watch(socket);
    socket.start();
    await eventually(() => expect(states).toEqual(["connecting", "live"]));
    const broken = performance.now();
    await server.stop();
    await eventually(() => expect(states.at(-1)).toBe("reconnecting"));
    expect(performance.now() - broken).toBeGreaterThanOrEqual(50);
    const revived = await startLiveServer({ port: Number(port) });
    cleanups.push(() => revived.stop());
    await eventually(() => expect(states.at(-1)).toBe("live"));
    await eventually(() => expect(cases(revived)).toEqual(["hello", "subscribe"]));
  });

  it("doesn't call a slow first answer a reconnect", async () => {
    let answer: (() => void) | undefined;
    const onFrame: LiveServerOptions["onFrame"] = (frame, to) => {
      if (frame.case === "hello") answer = () => to.send(welcome());
    };
    const { socket, states } = await setup({ onFrame }, { timing: { reconnectingAfterMs: 1 } });
    socket.start();
    await eventually(() => expect(answer).toBeDefined());
    const asked = performance.now();
    await eventually(() => expect(performance.now() - asked).toBeGreaterThan(20));
    answer?.();
    await eventually(() => expect(states).toEqual(["connecting", "live"]));
  });

  it("reports an address the browser refuses and doesn't hammer it", async () => {
    let opened = 0;
    const open = (): WebSocket => {
      opened++;
      throw new SyntaxError("no such scheme");
    };
    const { socket, errors, states } = await setup(
      {},
      { open, timing: { reconnectingAfterMs: 1, longestRetryMs: 60_000 } },
    );
    socket.start();
    await eventually(() => expect(states.at(-1)).toBe("reconnecting"));
    expect(errors).toEqual([
      {
        channel: undefined,
        code: "invalid_argument",
        message: expect.stringContaining("no such scheme") as string,
      },
    ]);
    expect(opened).toBe(1);
  });

  it("asks for one fresh token when the server refuses, then goes on", async () => {
    const renewals: boolean[] = [];
    const onFrame: LiveServerOptions["onFrame"] = (frame, to) => {
      if (frame.case !== "hello") return;
      if (frame.value.token === "fresh") to.send(welcome("u_1"));
      else to.close(4001, "the token is expired: get a new one");
    };
    const token: LiveSocketOptions["token"] = ({ renew }) => {
      renewals.push(renew);
      return Promise.resolve(renew ? "fresh" : "old");
    };
    const { socket, states, errors } = await setup({ onFrame }, { token });
    socket.start();
    await eventually(() => expect(states.at(-1)).toBe("live"));
    expect(renewals).toEqual([false, true]);
    expect(socket.userId).toBe("u_1");
    expect(errors).toEqual([]);
  });

  it("stops as unauthorised when the fresh token is refused too, until retry", async () => {
    let accept = false;
    const onFrame: LiveServerOptions["onFrame"] = (frame, to) => {
      if (frame.case !== "hello") return;
      if (accept) to.send(welcome());
      else to.send({ case: "error", value: { code: "unauthenticated", message: "bad token" } });
    };
    const { server, socket, states, errors } = await setup({ onFrame }, { token: () => "bad" });
    socket.start();
    await eventually(() => expect(states.at(-1)).toBe("unauthorised"));
    expect(errors).toEqual([{ channel: undefined, code: "unauthenticated", message: "bad token" }]);
    expect(server.connections).toHaveLength(2);
    accept = true;
    socket.retry();
    await eventually(() => expect(states.at(-1)).toBe("live"));
    expect(server.connections).toHaveLength(3);
  });

  it("renews a token before it runs out and keeps the connection", async () => {
    const jwt = (seconds: number) =>
      `e30.${Buffer.from(JSON.stringify({ exp: Date.now() / 1000 + seconds })).toString("base64url")}.s`;
    const token: LiveSocketOptions["token"] = ({ renew }) => jwt(renew ? 900 : 1);
    const { server, socket, states } = await setup({}, { token });
    watch(socket);
    socket.start();
    await eventually(() => expect(cases(server)).toEqual(["hello", "subscribe", "hello"]));
    expect(server.connections).toHaveLength(1);
    expect(states).toEqual(["connecting", "live"]);
  });

  it("survives a token callback that fails", async () => {
    let calls = 0;
    const token = () => {
      calls++;
      if (calls === 1) throw new Error("backend is down");
      return "ok";
    };
    const { socket, states, errors } = await setup({}, { token });
    socket.start();
    await eventually(() => expect(states.at(-1)).toBe("live"));
    expect(errors[0]).toMatchObject({
      code: "token",
      message: expect.stringContaining("backend is down") as string,
    });
  });

  it("gives up the connection of a hidden page and starts afresh when it shows", async () => {
    const feed = feedOf(3);
    const closed: number[] = [];
    const onFrame: LiveServerOptions["onFrame"] = (frame, to) => {
      if (frame.case === "hello") to.send(welcome());
      if (frame.case === "subscribe") to.send(feed.snapshot(feed.top(3), 1n));
    };
    const { socket, states, page } = await setup({ onFrame, onClose: () => closed.push(1) });
    const { boards, subscription } = watch(socket);
    socket.start();
    await eventually(() => expect(boards).toHaveLength(1));
    page.signal("hidden");
    await eventually(() => expect(closed).toHaveLength(1));
    expect(states.at(-1)).toBe("paused");
    expect(subscription.board).toBeDefined();
    page.signal("shown");
    await eventually(() => expect(boards).toHaveLength(2));
    expect(states).toEqual(["connecting", "live", "paused", "live"]);
  });

  it("doesn't mind a short look away", async () => {
    const { server, socket, states, page } = await setup({}, { timing: { pauseAfterMs: 60_000 } });
    socket.start();
    await eventually(() => expect(states.at(-1)).toBe("live"));
    page.signal("hidden");
    page.signal("shown");
    expect(states).toEqual(["connecting", "live"]);
    expect(server.connections).toHaveLength(1);
  });

  it("says offline when the device does and returns at once when it is back", async () => {
    const { socket, states, page } = await setup(
      {},
      { timing: { firstRetryMs: 60_000, longestRetryMs: 60_000 } },
    );
    socket.start();
    await eventually(() => expect(states.at(-1)).toBe("live"));
    page.signal("offline");
    expect(states.at(-1)).toBe("offline");
    page.signal("online");
    await eventually(() => expect(states).toEqual(["connecting", "live", "offline", "live"]));
  });

  it("takes a silent connection for dead", async () => {
    let silent = true;
    const onFrame: LiveServerOptions["onFrame"] = (frame, to) => {
      if (frame.case === "hello") to.send(welcome());
      if (frame.case === "ping" && !silent) to.send({ case: "pong", value: { nonce: frame.value.nonce } });
    };
    const { server, socket } = await setup({ onFrame }, { timing: { pingEveryMs: 20, pongWithinMs: 30 } });
    socket.start();
    // Each connection is as silent as the one before, so a slow look may find more than one new.
    await eventually(() => expect(server.connections.length).toBeGreaterThan(1));
    silent = false;
    await eventually(() => expect(cases(server, server.connections.length - 1).length).toBeGreaterThan(3));
  });

  it("starts afresh after a frame it can't read", async () => {
    const { server, socket, errors } = await setup();
    socket.start();
    await eventually(() => expect(cases(server)).toEqual(["hello"]));
    await eventually(() => expect(socket.state).toBe("live"));
    last(server).sendRaw(new Uint8Array([255, 255, 255]));
    await eventually(() => expect(server.connections).toHaveLength(2));
    expect(errors[0]?.code).toBe("invalid_argument");
  });

  it("waits the longest when it broke the protocol", async () => {
    const { server, socket, errors } = await setup({}, { timing: { longestRetryMs: 60_000 } });
    socket.start();
    await eventually(() => expect(socket.state).toBe("live"));
    last(server).close(4000, "hello first");
    await eventually(() =>
      expect(errors[0]).toMatchObject({ code: "invalid_argument", message: "hello first" }),
    );
    expect(server.connections).toHaveLength(1);
  });

  it("shares one subscription among the views of a contest and widens it when needed", async () => {
    const feed = feedOf(20);
    const { server, socket } = await setup();
    const small = watch(socket, "t", 3, 1);
    socket.start();
    await eventually(() => expect(cases(server)).toEqual(["hello", "subscribe"]));
    const large = watch(socket, "t", 10, 0);
    await eventually(() => expect(cases(server)).toEqual(["hello", "subscribe", "subscribe"]));
    expect(last(server).received[2]?.value).toMatchObject({
      channel: boardChannel("t"),
      view: { value: { top: 10, around: 1 } },
    });
    last(server).send(feed.snapshot(feed.top(10), 1n));
    await eventually(() => expect(large.boards).toHaveLength(1));
    expect(small.boards[0]?.top).toHaveLength(3);
    expect(large.boards[0]?.top).toHaveLength(10);
    expect(watch(socket, "t", 2, 0).boards[0]?.top).toHaveLength(2);
    large.subscription.unsubscribe();
    small.subscription.unsubscribe();
    expect(cases(server)).not.toContain("unsubscribe");
  });

  it("unsubscribes with the last view and ignores late frames", async () => {
    const feed = feedOf(2);
    const { server, socket } = await setup();
    const { boards, subscription } = watch(socket);
    socket.start();
    await eventually(() => expect(cases(server)).toContain("subscribe"));
    subscription.unsubscribe();
    await eventually(() => expect(cases(server)).toContain("unsubscribe"));
    const other = watch(socket, "other");
    last(server).send(feed.snapshot(feed.top(2), 1n));
    last(server).send({
      case: "error",
      value: { channel: boardChannel("other"), code: "not_found", message: "no such contest" },
    });
    await eventually(() => expect(other.refusals).toHaveLength(1));
    expect(boards).toEqual([]);
  });

  it("asks again for a board the server could not give just then", async () => {
    const { server, socket } = await setup({}, { timing: { askAgainMs: 20 } });
    const { refusals } = watch(socket);
    socket.start();
    await eventually(() => expect(cases(server)).toContain("subscribe"));
    last(server).send({
      case: "error",
      value: { channel: boardChannel("t"), code: "resource_exhausted", message: "busy" },
    });
    await eventually(() =>
      expect(cases(server).filter((name) => name === "subscribe").length).toBeGreaterThan(1),
    );
    expect(refusals).toHaveLength(1);
  });

  it("goes by the server's clock", async () => {
    const serverTime = Date.UTC(2025, 9, 25, 18);
    const onFrame: LiveServerOptions["onFrame"] = (frame, to) => {
      if (frame.case === "hello") to.send(welcome("", serverTime));
    };
    const { socket } = await setup({ onFrame });
    socket.start();
    await eventually(() => expect(socket.state).toBe("live"));
    expect(Math.abs(socket.serverNow() - serverTime)).toBeLessThan(60_000);
    expect(Math.abs((socket.heardAt ?? 0) - serverTime)).toBeLessThan(60_000);
  });

  it("leaves nothing behind when closed", async () => {
    const closed: number[] = [];
    const { socket, page, states } = await setup({ onClose: () => closed.push(1) });
    socket.start();
    await eventually(() => expect(socket.state).toBe("live"));
    socket.close();
    await eventually(() => expect(closed).toHaveLength(1));
    expect(page.watched).toBe(0);
    expect(states.at(-1)).toBe("idle");
  });
});
