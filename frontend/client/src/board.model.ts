import { contestIdOf } from "./channel-key.js";
import type { Contest, Delta, Own, Row, Snapshot } from "./frame.js";

/** Board is what a watched contest shows: rows from the top, and the player's own place where there is one. */
export interface Board {
  /** The contest, the subscription's key. */
  readonly contestId: string;
  /** Changes when the server numbers anew. */
  readonly epoch: bigint;
  /** Number of this state within the epoch. */
  readonly revision: bigint;
  /** The contest; undefined only when the server sent none. */
  readonly contest: Contest | undefined;
  /** Rows from the top, by place. */
  readonly top: readonly Row[];
  /** Players on the whole board. */
  readonly total: bigint;
  /** Whether ranks are being rebuilt and the rows come from the database. */
  readonly stale: boolean;
  /** The player's own place, with a player token. Not numbered with the rest: it may be a moment older or newer. */
  readonly me: Own | undefined;
}

/** boardOf makes a board from a snapshot and the newest own place. */
export function boardOf(snapshot: Snapshot, me?: Own): Board {
  const { channel, epoch, revision, contest, top, total, stale } = snapshot;
  return { contestId: contestIdOf(channel), epoch, revision, contest, top: byPlace(top), total, stale, me };
}

/** Continuity says how a delta relates to a board: its very next state, one already known, or one after a gap. */
export type Continuity = "next" | "known" | "gap";

/** continuity compares numbers; only a delta that is `next` may be applied. */
export function continuity(board: Board, delta: Delta): Continuity {
  if (delta.epoch !== board.epoch) return "gap";
  if (delta.revision <= board.revision) return "known";
  return delta.revision === board.revision + 1n ? "next" : "gap";
}

/**
 * applyDelta is the board after a delta: changed rows replace or join by player key, rows that left are gone, the rest
 * stays; the result is in order of place. The delta must be the board's next.
 */
export function applyDelta(board: Board, delta: Delta): Board {
  const rows = new Map(board.top.map((row) => [row.playerKey, row]));
  for (const key of delta.left) rows.delete(key);
  for (const row of delta.changed) rows.set(row.playerKey, row);
  return {
    ...board,
    revision: delta.revision,
    contest: delta.contest ?? board.contest,
    top: byPlace([...rows.values()]),
    total: delta.total,
    stale: delta.stale,
  };
}

/** Cut says how much of a board one view wants. */
export interface Cut {
  /** Rows from the top. */
  readonly top: number;
  /** Rows above and below the own place. */
  readonly around: number;
}

/** cutBoard is the part of a board that one of several views of the same contest asked for. */
export function cutBoard(board: Board, { top, around }: Cut): Board {
  const { me } = board;
  const place = me?.row?.place;
  const near = (row: Row) =>
    place !== undefined && row.place >= place - BigInt(around) && row.place <= place + BigInt(around);
  return { ...board, top: board.top.slice(0, top), me: me && { ...me, around: me.around.filter(near) } };
}

/** Equal places can't come from one state; the key keeps even a wrong sender's order stable between two draws. */
function byPlace(rows: readonly Row[]): readonly Row[] {
  return [...rows].sort((a, b) =>
    a.place === b.place ? (a.playerKey < b.playerKey ? -1 : 1) : a.place < b.place ? -1 : 1,
  );
}
