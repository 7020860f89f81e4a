import { applyDelta, type Board, boardOf, continuity } from "./board.model.js";
import type { Delta, OwnUpdate, Snapshot } from "./frame.js";

/** Channel is what a client knows of one watched contest. */
export interface Channel {
  /** Last board that was whole. It stays through gaps and broken connections. */
  readonly board: Board | undefined;
  /** Newest own place. It may come before the first board. */
  readonly own: OwnUpdate | undefined;
  /** Whether numbered deltas can't be applied until a snapshot comes. */
  readonly awaitsSnapshot: boolean;
}

/** Step is a channel after one frame, with what to do next. */
export interface Step {
  readonly channel: Channel;
  /** Whether the board changed. */
  readonly changed: boolean;
  /** Whether to ask for a snapshot. */
  readonly resync: boolean;
}

/** emptyChannel has no board yet. */
export const emptyChannel: Channel = { board: undefined, own: undefined, awaitsSnapshot: true };

/** onSnapshot takes a snapshot as it is, whatever came before: it heals every gap. */
export function onSnapshot(channel: Channel, snapshot: Snapshot): Step {
  const board = boardOf(snapshot, channel.own?.me);
  return { channel: { ...channel, board, awaitsSnapshot: false }, changed: true, resync: false };
}

/** onDelta applies the next delta and ignores a known one; at a gap it keeps the board and asks for a snapshot. */
export function onDelta(channel: Channel, delta: Delta): Step {
  const { board, awaitsSnapshot } = channel;
  if (!board || awaitsSnapshot) return { channel, changed: false, resync: true };
  switch (continuity(board, delta)) {
    case "known":
      return { channel, changed: false, resync: false };
    case "gap":
      return { channel: { ...channel, awaitsSnapshot: true }, changed: false, resync: true };
    case "next":
      return { channel: { ...channel, board: applyDelta(board, delta) }, changed: true, resync: false };
  }
}

/** onOwn takes an own place whole; one of the same epoch that is older than the last changes nothing. */
export function onOwn(channel: Channel, update: OwnUpdate): Step {
  const { board, own } = channel;
  if (own && own.epoch === update.epoch && own.revision > update.revision) {
    return { channel, changed: false, resync: false };
  }
  const next = { ...channel, own: update, board: board && { ...board, me: update.me } };
  return { channel: next, changed: board !== undefined, resync: false };
}

/** afterBreak is a channel whose connection broke: the board stays, the numbering can't be trusted. */
export function afterBreak(channel: Channel): Channel {
  return { ...channel, awaitsSnapshot: true };
}
