import type { Board, ConnectionState, Row } from "@laurel/client/live";

/** Status is what the widget says about itself; the words are in the catalogue. */
export type Status =
  | "loading"
  | "scheduled"
  | "live"
  | "closing"
  | "ended"
  | "reconnecting"
  | "stale"
  | "offline"
  | "unauthorised"
  | "unavailable";

/** StatusFacts is what the status follows from. */
export interface StatusFacts {
  readonly connection: ConnectionState;
  readonly board: Board | undefined;
  /** Code of the server's refusal of this board, if any. */
  readonly refusal: string | undefined;
  /** How long ago the last frame came, in milliseconds. */
  readonly silentMs: number;
}

/** How long a broken connection goes before the board is called old rather than reconnecting, in milliseconds. */
export const staleAfterMs = 15_000;

const scheduled = 1;
const closing = 3;
const final = 4;

/** isFinal says whether a board can't change any more. */
export const isFinal = (board: Board | undefined): boolean => board?.contest?.state === final;

/** isScheduled says whether a contest has not started. */
export const isScheduled = (board: Board | undefined): boolean => board?.contest?.state === scheduled;

/** statusOf derives the status, the strongest reason first. A final board can't grow old. */
export function statusOf({ connection, board, refusal, silentMs }: StatusFacts): Status {
  if (connection === "unauthorised" || refusal === "permission_denied" || refusal === "unauthenticated")
    return "unauthorised";
  if (refusal === "not_found" || refusal === "invalid_argument") return "unavailable";
  if (isFinal(board)) return "ended";
  if (connection === "offline") return "offline";
  if (connection === "reconnecting") return board && silentMs >= staleAfterMs ? "stale" : "reconnecting";
  if (!board) return "loading";
  if (board.stale) return "stale";
  if (isScheduled(board)) return "scheduled";
  return board.contest?.state === closing ? "closing" : "live";
}

/** Line is one row of the table as drawn. */
export interface Line {
  readonly row: Row;
  readonly own: boolean;
  /** Places between the row above and this one that are not shown. */
  readonly skipped: bigint;
}

/**
 * linesOf is the top of a board followed by what lies around the own place, each player once, by place. Top and own
 * place come in frames of their own and may be a moment apart: the top is right about whom it holds, and the own row
 * is always among the lines.
 */
export function linesOf(board: Board): readonly Line[] {
  const own = board.me?.row;
  const ownKey = own && own.place > 0n ? own.playerKey : undefined;
  const rows = new Map(board.top.map((row) => [row.playerKey, row]));
  const lastOfTop = board.top.at(-1)?.place ?? 0n;
  for (const row of board.me?.around ?? []) {
    if (row.place > lastOfTop && !rows.has(row.playerKey)) rows.set(row.playerKey, row);
  }
  if (own && ownKey !== undefined && !rows.has(ownKey)) rows.set(ownKey, own);
  const ordered = [...rows.values()].sort((a, b) => Number(a.place - b.place));
  return ordered.map((row, index) => {
    const above = ordered[index - 1]?.place ?? row.place - 1n;
    const between = row.place - above - 1n;
    return { row, own: row.playerKey === ownKey, skipped: between > 0n ? between : 0n };
  });
}

/** Gap is the way from the own place to the next better one. */
export type Gap =
  | { readonly kind: "unplaced" }
  | { readonly kind: "alone" }
  | { readonly kind: "ahead"; readonly place: bigint; readonly units: bigint }
  | { readonly kind: "level"; readonly place: bigint }
  | { readonly kind: "behind"; readonly place: bigint; readonly units: bigint };

/**
 * gapOf says what is missing to the next place, or for the leader how far the second is behind; level means that only
 * the tie-break keeps the two apart.
 */
export function gapOf(board: Board): Gap | undefined {
  const { me } = board;
  if (!me?.row) return undefined;
  const { place, units } = me.row;
  if (place <= 0n) return { kind: "unplaced" };
  if (place > 1n) {
    return me.toNextUnits > 0n
      ? { kind: "behind", place: place - 1n, units: me.toNextUnits }
      : { kind: "level", place: place - 1n };
  }
  const second = me.around.find((row) => row.place === 2n);
  if (!second) return { kind: "alone" };
  const lead = units - second.units;
  return lead > 0n ? { kind: "ahead", place: 2n, units: lead } : { kind: "level", place: 2n };
}

/** ownPlace is the own place, 0 while there is no standing, undefined without a player. */
export const ownPlace = (board: Board | undefined): bigint | undefined => board?.me?.row?.place;
