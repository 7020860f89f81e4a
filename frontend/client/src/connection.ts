import { closingOf } from "./closing.model.js";
import { type ConnectionState, connectionState, retryDelay } from "./connection.model.js";
import type { ClientMessage, Codec, Greeting, Refusal, ServerMessage } from "./frame.js";
import type { Page, PageSignal } from "./page.js";
import { Timers } from "./timers.js";
import type { LiveTiming } from "./timing.js";
import { renewalWait, tokenExpiry } from "./token.model.js";

/** TokenSource gives a player token, or nothing for an anonymous reader. `renew` is set when the last one ran out or was refused. */
export type TokenSource = (request: {
  readonly renew: boolean;
}) => string | undefined | Promise<string | undefined>;

/** ConnectionSetup is what a connection needs; LiveSocket fills in the defaults. */
export interface ConnectionSetup {
  readonly codec: Codec;
  readonly token: TokenSource | undefined;
  readonly open: (protocol: string) => WebSocket;
  readonly page: Page;
  readonly now: () => number;
  readonly random: () => number;
  readonly timing: LiveTiming;
  /** The server answered hello on a new socket. */
  readonly onWelcome: (greeting: Greeting) => void;
  /** The socket is gone. */
  readonly onBreak: () => void;
  readonly onMessage: (message: ServerMessage) => void;
  readonly onState: (state: ConnectionState) => void;
  readonly onError: (refusal: Refusal) => void;
}

type Wait = "retry" | "overdue" | "welcome" | "ping" | "pause" | "renew";

const normalClosure = 1000;
const openState = 1;

const text = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/** Connection keeps one socket open: hello, token renewal, ping, backoff, rest while the page is hidden. */
export class Connection {
  readonly #setup: ConnectionSetup;
  readonly #timers = new Timers<Wait>();
  #socket: WebSocket | undefined;
  #unwatchPage: (() => void) | undefined;
  #state: ConnectionState = "idle";
  /** Grows with each attempt and break, so that a late answer to an older one is told apart. */
  #attempt = 0;
  #failures = 0;
  #nonce = 0n;
  #frames = 0;
  #token = "";
  #started = false;
  #paused = false;
  #online = true;
  #welcomed = false;
  #everWelcomed = false;
  #overdue = false;
  #unauthorised = false;
  #renew = false;
  #welcomedAt = 0;
  #heardAt: number | undefined;

  constructor(setup: ConnectionSetup) {
    this.#setup = setup;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get welcomed(): boolean {
    return this.#welcomed;
  }

  /** When the last frame came, in milliseconds by the setup's clock. */
  get heardAt(): number | undefined {
    return this.#heardAt;
  }

  start(): void {
    if (this.#started) return;
    const { page } = this.#setup;
    this.#started = true;
    this.#online = page.online;
    this.#paused = page.hidden;
    this.#unwatchPage = page.watch((signal) => this.#onPage(signal));
    this.#connect();
    this.#publish();
  }

  close(): void {
    this.#started = false;
    this.#unwatchPage?.();
    this.#drop();
    this.#timers.clear();
    this.#publish();
  }

  retry(): void {
    if (!this.#started) return;
    this.#unauthorised = false;
    this.#failures = 0;
    this.#drop();
    this.#connect();
    this.#publish();
  }

  send(message: ClientMessage): void {
    if (this.#socket?.readyState === openState) this.#socket.send(this.#setup.codec.encode(message));
  }

  #connect(): void {
    this.#timers.clear("retry");
    if (!this.#started || this.#paused || this.#unauthorised || this.#socket) return;
    const attempt = ++this.#attempt;
    this.#expectNews();
    this.#timers.set("welcome", this.#setup.timing.welcomeWithinMs, () => this.#lost());
    this.#fetchToken(this.#renew, attempt, (token) => this.#open(token));
  }

  #fetchToken(renew: boolean, attempt: number, then: (token: string) => void): void {
    const source = this.#setup.token;
    Promise.resolve()
      .then(() => source?.({ renew }))
      .catch((cause: unknown) => {
        if (attempt === this.#attempt) this.#report("token", `the token callback failed: ${text(cause)}`);
        return null;
      })
      .then((token) => {
        if (attempt !== this.#attempt) return;
        if (token !== null) then(token ?? "");
        else if (!this.#welcomed) this.#lost();
      })
      .catch((cause: unknown) => {
        // The browser refuses the address itself, for example ws from an https page: waiting little helps little.
        this.#report("invalid_argument", `the socket can't be opened: ${text(cause)}`);
        this.#lost(this.#setup.timing.longestRetryMs);
      });
  }

  #open(token: string): void {
    const { codec, open } = this.#setup;
    const socket = open(codec.protocol);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#token = token;
    socket.onopen = () => {
      if (socket === this.#socket) this.send({ case: "hello", value: { token } });
    };
    socket.onclose = (event) => {
      if (socket === this.#socket) this.#onClose(event.code, event.reason);
    };
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      if (socket === this.#socket) this.#onData(event.data);
    };
  }

  #onClose(code: number, reason: string): void {
    switch (closingOf(code)) {
      case "token":
        this.#refused(reason);
        break;
      case "wait":
        this.#report("invalid_argument", reason || `closed with code ${code}`);
        this.#lost(this.#setup.timing.longestRetryMs);
        break;
      case "again":
        this.#lost();
        break;
    }
  }

  #onData(data: string | ArrayBuffer): void {
    this.#heardAt = this.#setup.now();
    this.#frames++;
    let message: ServerMessage;
    try {
      message = this.#setup.codec.decode(data);
    } catch (cause) {
      // A frame that can't be read leaves a hole in the numbering: only a fresh start is sure to be right.
      this.#report("invalid_argument", `unreadable frame: ${text(cause)}`);
      this.#lost();
      return;
    }
    if (message.case === "welcome") this.#onWelcome(message.value);
    else if (message.case === "error" && !message.value.channel) this.#onRefusal(message.value);
    else this.#setup.onMessage(message);
  }

  #onWelcome(greeting: Greeting): void {
    this.#scheduleRenewal();
    // A second welcome answers a renewed token; everything watched goes on.
    if (this.#welcomed) return;
    this.#timers.clear("welcome", "overdue");
    this.#overdue = false;
    this.#welcomed = true;
    this.#everWelcomed = true;
    this.#renew = false;
    this.#welcomedAt = this.#setup.now();
    this.#schedulePing();
    this.#setup.onWelcome(greeting);
    this.#publish();
  }

  #onRefusal(refusal: Refusal): void {
    if (refusal.code === "unauthenticated" || refusal.code === "permission_denied")
      this.#refused(refusal.message);
    else this.#setup.onError(refusal);
  }

  /** A token may simply have run out: one fresh token is tried before giving up. */
  #refused(reason: string): void {
    const mayRenew = this.#setup.token !== undefined && !this.#renew;
    this.#drop();
    if (mayRenew) {
      this.#renew = true;
      this.#connect();
    } else {
      this.#unauthorised = true;
      this.#renew = false;
      this.#timers.clear("overdue");
      this.#report("unauthenticated", reason);
    }
    this.#publish();
  }

  /** Hello again with a fresh token before the old one runs out keeps the connection. */
  #scheduleRenewal(): void {
    const expiry = this.#setup.token ? tokenExpiry(this.#token) : undefined;
    if (expiry === undefined) return;
    this.#timers.set("renew", renewalWait(expiry, this.#setup.now()), () => {
      this.#fetchToken(true, this.#attempt, (token) => {
        if (token === this.#token) return;
        this.#token = token;
        this.send({ case: "hello", value: { token } });
      });
    });
  }

  #schedulePing(): void {
    const { timing } = this.#setup;
    this.#timers.set("ping", timing.pingEveryMs, () => {
      const framesBefore = this.#frames;
      this.send({ case: "ping", value: { nonce: ++this.#nonce } });
      this.#timers.set("ping", timing.pongWithinMs, () => {
        if (this.#frames === framesBefore) this.#lost();
        else this.#schedulePing();
      });
    });
  }

  #onPage(signal: PageSignal): void {
    switch (signal) {
      case "hidden":
        if (!this.#paused) this.#timers.set("pause", this.#setup.timing.pauseAfterMs, () => this.#pause());
        break;
      case "left":
        this.#pause();
        break;
      case "shown":
        this.#timers.clear("pause");
        this.#paused = false;
        if (!this.#timers.has("retry")) this.#connect();
        break;
      case "online":
        this.#online = true;
        this.#failures = 0;
        this.#connect();
        break;
      case "offline":
        this.#online = false;
        this.#lost();
        break;
    }
    this.#publish();
  }

  #pause(): void {
    this.#paused = true;
    this.#drop();
    this.#timers.clear("overdue");
    this.#overdue = false;
    this.#publish();
  }

  /** The connection broke or never came about: try again after a while. */
  #lost(atLeastMs = 0): void {
    const { now, random, timing } = this.#setup;
    if (this.#welcomed && now() - this.#welcomedAt >= timing.steadyAfterMs) this.#failures = 0;
    this.#drop();
    if (!this.#started || this.#paused || this.#unauthorised) return;
    const bounds = { firstMs: timing.firstRetryMs, longestMs: timing.longestRetryMs };
    const delay = Math.max(atLeastMs, retryDelay(this.#failures++, bounds, random()));
    this.#timers.set("retry", delay, () => this.#connect());
    this.#expectNews();
    this.#publish();
  }

  /** A short break goes unmentioned. */
  #expectNews(): void {
    if (this.#overdue || this.#timers.has("overdue")) return;
    this.#timers.set("overdue", this.#setup.timing.reconnectingAfterMs, () => {
      this.#overdue = true;
      this.#publish();
    });
  }

  #drop(): void {
    const socket = this.#socket;
    this.#attempt++;
    this.#socket = undefined;
    this.#welcomed = false;
    this.#timers.clear("welcome", "ping", "retry", "renew");
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(normalClosure);
    this.#setup.onBreak();
  }

  #report(code: string, message: string): void {
    this.#setup.onError({ channel: undefined, code, message });
  }

  #publish(): void {
    const state = connectionState({
      started: this.#started,
      unauthorised: this.#unauthorised,
      paused: this.#paused,
      welcomed: this.#welcomed,
      everWelcomed: this.#everWelcomed,
      online: this.#online,
      // A slow first attempt is no reconnect: nothing was lost yet.
      overdue: this.#overdue && (this.#everWelcomed || this.#failures > 0),
    });
    if (state === this.#state) return;
    this.#state = state;
    this.#setup.onState(state);
  }
}
