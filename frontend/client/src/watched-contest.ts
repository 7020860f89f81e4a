import { type Board, type Cut, cutBoard } from "./board.model.js";
import {
  afterBreak,
  type Channel,
  emptyChannel,
  onDelta,
  onOwn,
  onSnapshot,
  type Step,
} from "./channel.model.js";
import { boardChannel } from "./channel-key.js";
import type { ClientMessage, Refusal, ServerMessage } from "./frame.js";
import { Timers } from "./timers.js";
import type { LiveTiming } from "./timing.js";
import type { BoardListener, Watch } from "./watch.js";

/** BoardMessage is a frame that belongs to one contest's board. */
type BoardMessage = Extract<ServerMessage, { case: "snapshot" | "delta" | "own" }>;

/** View is one subscriber of a contest. */
export interface View {
  readonly watch: Watch;
  readonly listener: BoardListener;
}

/** What a watched contest needs of its socket. */
interface WatchedSetup {
  readonly contestId: string;
  readonly timing: LiveTiming;
  /** Whether the server will take a frame now. */
  readonly ready: () => boolean;
  readonly send: (message: ClientMessage) => void;
  /** Nobody watches any more. */
  readonly unwatched: () => void;
}

const passing: readonly string[] = ["resource_exhausted", "internal"];

/**
 * WatchedContest is the one subscription a connection may have of a contest, shared by all its views: it asks for the
 * largest of what they want and cuts for each.
 */
export class WatchedContest {
  readonly #setup: WatchedSetup;
  readonly #timers = new Timers<"answer" | "quiet" | "again">();
  readonly #views = new Set<View>();
  #channel: Channel = emptyChannel;
  #asked: Cut = { top: 0, around: 0 };

  constructor(setup: WatchedSetup) {
    this.#setup = setup;
  }

  /** The last whole board; undefined before the first snapshot. */
  get board(): Board | undefined {
    return this.#channel.board;
  }

  add(view: View): void {
    this.#views.add(view);
    const { board } = this.#channel;
    if (board) view.listener.onBoard(cutBoard(board, view.watch), "snapshot");
    const { top, around } = this.#wanted();
    if (top > this.#asked.top || around > this.#asked.around) this.begin();
  }

  remove(view: View): void {
    if (!this.#views.delete(view) || this.#views.size > 0) return;
    this.#timers.clear();
    this.#setup.send({ case: "unsubscribe", value: { channel: boardChannel(this.#setup.contestId) } });
    this.#setup.unwatched();
  }

  /** Asks the server for the board. */
  begin(): void {
    if (!this.#setup.ready()) return;
    this.#asked = this.#wanted();
    this.#channel = afterBreak(this.#channel);
    this.#setup.send({
      case: "subscribe",
      value: {
        channel: boardChannel(this.#setup.contestId),
        view: { case: "board", value: { ...this.#asked } },
      },
    });
    this.#awaitAnswer();
  }

  /** Notes that the connection broke. */
  broke(): void {
    this.#timers.clear();
    this.#asked = { top: 0, around: 0 };
    this.#channel = afterBreak(this.#channel);
  }

  /** Takes a frame of this contest. */
  receive(message: BoardMessage): void {
    const step = this.#step(message);
    this.#channel = step.channel;
    if (message.case === "snapshot") this.#timers.clear("answer", "again");
    if (step.resync) this.#resync();
    const { board } = step.channel;
    if (!step.changed || !board) return;
    for (const { watch, listener } of this.#views) listener.onBoard(cutBoard(board, watch), message.case);
  }

  /** Takes a refusal of this contest. */
  refuse(refusal: Refusal): void {
    this.#timers.clear("answer");
    if (passing.includes(refusal.code))
      this.#timers.set("again", this.#setup.timing.askAgainMs, () => this.begin());
    for (const { listener } of this.#views) listener.onRefusal?.(refusal);
  }

  #wanted(): Cut {
    const watches = [...this.#views].map(({ watch }) => watch);
    return {
      top: Math.max(...watches.map(({ top }) => top)),
      around: Math.max(...watches.map(({ around }) => around)),
    };
  }

  #step(message: BoardMessage): Step {
    switch (message.case) {
      case "snapshot":
        return onSnapshot(this.#channel, message.value);
      case "delta":
        return onDelta(this.#channel, message.value);
      case "own":
        return onOwn(this.#channel, message.value);
    }
  }

  /**
   * Deltas that are on their way while the server answers must not each ask again, and a server that leaves a gap after
   * every snapshot must not be asked without a pause.
   */
  #resync(): void {
    if (this.#timers.has("answer") || this.#timers.has("quiet")) return;
    const { contestId, timing, send } = this.#setup;
    send({ case: "resync", value: { channel: boardChannel(contestId) } });
    this.#timers.set("quiet", timing.resyncEveryMs, () => this.#resyncIfDue());
    this.#awaitAnswer();
  }

  /** A lost answer is asked for again. */
  #awaitAnswer(): void {
    this.#timers.set("answer", this.#setup.timing.askAgainMs, () => this.#resyncIfDue());
  }

  #resyncIfDue(): void {
    if (this.#channel.awaitsSnapshot) this.#resync();
  }
}
