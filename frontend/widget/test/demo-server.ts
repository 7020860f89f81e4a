import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { extname, join } from "node:path";
import { boardChannel, contestIdOf } from "../../client/src/channel-key.js";
import type { Contest, Row } from "../../client/src/frame.js";
import { ContestFeed, contestOf, type Entrant } from "../../client/test/contest-feed.js";
import {
  type ClientConnection,
  type LiveServer,
  startLiveServer,
  welcome,
} from "../../client/test/live-server.js";
import { Random } from "../../client/test/random.js";
import { builtDir } from "./built.js";

const names = [
  "Amaranth",
  "بهرام گور",
  "Quiet Heron",
  "晨星",
  "Björk-7",
  "Nine Tails",
  "A very long public name that doesn’t fit",
  "Cedar",
  "مهسا",
  "Old Comet",
  "Ⅳ of Cups",
  "<b>Bold</b>",
];

/** A watched board of one connection. */
interface Watch {
  readonly top: number;
  readonly around: number;
  revision: bigint;
  rows: readonly Row[];
}

/** DemoServer serves the built files, the doors the demo asks, and a contest that moves when it is told to. */
export interface DemoServer {
  readonly live: LiveServer;
  readonly url: string;
  readonly feed: ContestFeed;
  /** Tokens the server refuses. */
  readonly refused: Set<string>;
  /** Gives points and sends everyone what changed. */
  score(userId: string, units: number): void;
  /** Random rounds for a while of ticks, as a busy contest has them. */
  play(rounds: number): void;
  /** Moves the contest on in its life. */
  turn(change: Partial<Contest>): void;
  stop(): Promise<void>;
}

export interface DemoServerOptions {
  readonly players?: number;
  readonly contest?: Partial<Contest>;
  readonly port?: number;
  /** Outside dev mode nobody hands out tokens. */
  readonly dev?: boolean;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};

/** As strict as a careful customer's: nothing inline, nothing from elsewhere. */
const contentPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'";

function serveFiles(dev: boolean, feed: ContestFeed, extra: Map<string, string>): RequestListener {
  return (request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const json = (body: unknown) =>
      response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    const page = extra.get(url.pathname);
    if (page !== undefined) {
      response
        .writeHead(200, { "Content-Type": types[".html"], "Content-Security-Policy": contentPolicy })
        .end(page);
    } else if (url.pathname === "/v1/tournaments") {
      const status = ["", "scheduled", "live", "closing", "final"][feed.contest.state];
      json([
        { id: "t_later", title: "Later cup", status: "scheduled" },
        { id: feed.contest.id, title: feed.contest.title, status },
      ]);
    } else if (url.pathname === "/demo/token" && dev) {
      json({ token: `dev.${url.searchParams.get("user")}` });
    } else if (url.pathname === "/demo" || url.pathname.startsWith("/widget/")) {
      const name = url.pathname === "/demo" ? "demo.html" : url.pathname.slice("/widget/".length);
      const type = types[extname(name)] ?? "application/octet-stream";
      response.writeHead(200, { "Content-Type": type, "Content-Security-Policy": contentPolicy });
      response.end(readFileSync(join(builtDir, name)));
    } else {
      response.writeHead(404).end();
    }
  };
}

/** pages are further HTML pages by path, which tests write to use the widget as a customer would. */
export const pages = new Map<string, string>();

/** startDemoServer starts it on a free port of loopback. */
export async function startDemoServer(options: DemoServerOptions = {}): Promise<DemoServer> {
  const { players = 40, contest, port, dev = true } = options;
  const random = new Random(42);
  const entrants: Entrant[] = Array.from({ length: players }, (_, index) => ({
    key: `key_${index + 1}`,
    userId: `u_${index + 1}`,
    name: names[index] ?? `Player ${index + 1}`,
    units: BigInt((players - index) * 2500 + random.below(900)),
  }));
  const feed = new ContestFeed(contestOf({ title: "October sprint", ...contest }), entrants);
  const watches = new Map<ClientConnection, Watch>();
  const users = new Map<ClientConnection, string>();
  const refused = new Set<string>();

  const sendOwn = (to: ClientConnection, watch: Watch) => {
    const user = users.get(to);
    if (user) to.send(feed.own(user, watch.around, watch.revision));
  };
  const sendSnapshot = (to: ClientConnection, watch: Watch) => {
    watch.rows = feed.top(watch.top);
    to.send(feed.snapshot(watch.rows, watch.revision));
    sendOwn(to, watch);
  };
  const publish = () => {
    for (const [to, watch] of watches) {
      const rows = feed.top(watch.top);
      watch.revision++;
      to.send(feed.delta(watch.rows, rows, watch.revision));
      watch.rows = rows;
      sendOwn(to, watch);
    }
  };
  const live = await startLiveServer({
    ...(port !== undefined && { port }),
    onRequest: serveFiles(dev, feed, pages),
    onClose: (connection) => watches.delete(connection),
    onFrame(frame, to) {
      if (frame.case === "hello") {
        const { token } = frame.value;
        if (refused.has(token)) {
          to.close(4001, "the token is wrong");
          return;
        }
        const user = token.replace("dev.", "");
        users.set(to, user);
        to.send(welcome(user));
      } else if (frame.case === "subscribe") {
        const contestId = contestIdOf(frame.value.channel);
        if (contestId !== feed.contest.id) {
          to.send({
            case: "error",
            value: {
              channel: boardChannel(contestId),
              code: "not_found",
              message: `no contest ${contestId}`,
            },
          });
          return;
        }
        const { top = 0, around = 0 } = frame.value.view.value ?? {};
        const watch = { top, around, revision: 1n, rows: [] };
        watches.set(to, watch);
        sendSnapshot(to, watch);
      } else if (frame.case === "resync") {
        const watch = watches.get(to);
        if (watch) sendSnapshot(to, watch);
      } else if (frame.case === "ping") {
        to.send({ case: "pong", value: { nonce: frame.value.nonce } });
      }
    },
  });
  const give = (userId: string, units: number) => {
    const entrant = entrants.find((each) => each.userId === userId);
    if (!entrant) throw new Error(`no player ${userId}`);
    entrant.units += BigInt(units);
  };
  return {
    live,
    url: live.httpUrl,
    feed,
    refused,
    score(userId, units) {
      give(userId, units);
      publish();
    },
    play(rounds) {
      for (let round = 0; round < rounds; round++) give(`u_${1 + random.below(players)}`, random.below(4000));
      publish();
    },
    turn(change) {
      feed.contest = { ...feed.contest, ...change };
      for (const [to, watch] of watches) sendSnapshot(to, watch);
    },
    stop: () => live.stop(),
  };
}
