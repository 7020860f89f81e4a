import { cutBoard } from "./board.model.js";
import { contestIdOf } from "./channel-key.js";
import { Connection, type TokenSource } from "./connection.js";
import type { ConnectionState } from "./connection.model.js";
import type { Codec, Greeting, Refusal, ServerMessage } from "./frame.js";
import { browserPage, type Page } from "./page.js";
import { defaultTiming, type LiveTiming } from "./timing.js";
import type { BoardListener, Subscription, Watch } from "./watch.js";
import { WatchedContest } from "./watched-contest.js";

/** LiveSocketOptions say where to connect and how. */
export interface LiveSocketOptions {
  /** Address of the socket, ws or wss. */
  readonly url: string | URL;
  /** Sub-protocol: protoCodec or jsonCodec. */
  readonly codec: Codec;
  /** Where the player token comes from. Missing: anonymous, or an operator by his cookie. */
  readonly token?: TokenSource;
  /** Opens a socket; the browser's WebSocket when missing. */
  readonly open?: (url: string, protocol: string) => WebSocket;
  /** The page the socket lives in; the browser's when missing. */
  readonly page?: Page;
  /** Milliseconds since 1970; Date.now when missing. */
  readonly now?: () => number;
  /** A number in [0, 1); Math.random when missing. */
  readonly random?: () => number;
  /** Times that differ from defaultTiming. */
  readonly timing?: Partial<LiveTiming>;
}

/**
 * LiveSocket keeps boards live over one connection: it says hello, subscribes, applies snapshots and numbered deltas,
 * heals gaps, reconnects with jittered exponential backoff and rests while the page is hidden. The last board of every
 * subscription stays readable throughout. Several subscriptions of one contest share what the server sends.
 */
export class LiveSocket {
  readonly #connection: Connection;
  readonly #timing: LiveTiming;
  readonly #now: () => number;
  readonly #contests = new Map<string, WatchedContest>();
  readonly #stateListeners = new Set<(state: ConnectionState) => void>();
  readonly #errorListeners = new Set<(refusal: Refusal) => void>();
  #clockOffsetMs = 0;
  #userId = "";

  constructor(options: LiveSocketOptions) {
    const { url, codec, token, open } = options;
    this.#timing = { ...defaultTiming, ...options.timing };
    this.#now = options.now ?? Date.now;
    this.#connection = new Connection({
      codec,
      token,
      open: (protocol) => (open ? open(url.toString(), protocol) : new WebSocket(url.toString(), protocol)),
      page: options.page ?? browserPage(),
      now: this.#now,
      random: options.random ?? Math.random,
      timing: this.#timing,
      onWelcome: (greeting) => this.#onWelcome(greeting),
      onBreak: () => {
        for (const contest of this.#contests.values()) contest.broke();
      },
      onMessage: (message) => this.#onMessage(message),
      onState: (state) => {
        for (const listener of this.#stateListeners) listener(state);
      },
      onError: (refusal) => {
        for (const listener of this.#errorListeners) listener(refusal);
      },
    });
  }

  /** What a screen should say about the connection. */
  get state(): ConnectionState {
    return this.#connection.state;
  }

  /** The player the server took the token for; empty for others. */
  get userId(): string {
    return this.#userId;
  }

  /** When the last frame came, in milliseconds since 1970 by the server's clock; undefined before the first. */
  get heardAt(): number | undefined {
    const { heardAt } = this.#connection;
    return heardAt === undefined ? undefined : heardAt + this.#clockOffsetMs;
  }

  /** The server's time now, in milliseconds since 1970. Countdowns use it, since a device's clock may be wrong. */
  serverNow(): number {
    return this.#now() + this.#clockOffsetMs;
  }

  /** Calls the listener at each change of state until the returned function is called. */
  onState(listener: (state: ConnectionState) => void): () => void {
    this.#stateListeners.add(listener);
    return () => void this.#stateListeners.delete(listener);
  }

  /** Calls the listener for errors of the connection itself until the returned function is called. */
  onError(listener: (refusal: Refusal) => void): () => void {
    this.#errorListeners.add(listener);
    return () => void this.#errorListeners.delete(listener);
  }

  /** Starts connecting. Again: nothing happens. */
  start(): void {
    this.#connection.start();
  }

  /** Closes the connection and stops. Boards stay readable. */
  close(): void {
    this.#connection.close();
  }

  /** Tries again at once, for example with a new token after `unauthorised`. */
  retry(): void {
    this.#connection.retry();
  }

  /** Watches a contest's board. The listener hears every change, at once when another view already has the board. */
  subscribe(watch: Watch, listener: BoardListener): Subscription {
    const contest = this.#contest(watch.contestId);
    const view = { watch, listener };
    contest.add(view);
    return {
      get board() {
        return contest.board && cutBoard(contest.board, watch);
      },
      unsubscribe: () => contest.remove(view),
    };
  }

  #contest(contestId: string): WatchedContest {
    let contest = this.#contests.get(contestId);
    if (!contest) {
      contest = new WatchedContest({
        contestId,
        timing: this.#timing,
        ready: () => this.#connection.welcomed,
        send: (message) => this.#connection.send(message),
        unwatched: () => this.#contests.delete(contestId),
      });
      this.#contests.set(contestId, contest);
    }
    return contest;
  }

  #onWelcome(greeting: Greeting): void {
    this.#userId = greeting.userId;
    if (greeting.nowMicros > 0n) this.#clockOffsetMs = Number(greeting.nowMicros / 1000n) - this.#now();
    for (const contest of this.#contests.values()) contest.begin();
  }

  #onMessage(message: ServerMessage): void {
    switch (message.case) {
      case "snapshot":
      case "delta":
      case "own":
        this.#contests.get(contestIdOf(message.value.channel))?.receive(message);
        break;
      case "error":
        this.#contests.get(contestIdOf(message.value.channel))?.refuse(message.value);
        break;
      case "welcome":
      case "pong":
      case undefined:
        break;
    }
  }
}
