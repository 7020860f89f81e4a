import type { LeaderboardRow } from "@laurel/client/gen/laurel/v1/leaderboard_pb.js";

/** One player's place; rows of a call and of the live socket both are one. */
export type BoardRow = Pick<LeaderboardRow, "place" | "playerKey" | "name" | "userId" | "units">;

/** How many rows a change touches: places, names or scores that differ, players that came or left. */
export function changesBetween(shown: readonly BoardRow[], latest: readonly BoardRow[]): number {
  const before = new Map(shown.map((row) => [row.playerKey, row]));
  let changes = 0;
  for (const row of latest) {
    const old = before.get(row.playerKey);
    before.delete(row.playerKey);
    if (old === undefined || old.place !== row.place || old.units !== row.units || old.name !== row.name)
      changes++;
  }
  return changes + before.size;
}

/** Places by which players rose (positive) or fell (negative), by player key; those who stayed are left out. */
export function movements(
  before: readonly BoardRow[],
  after: readonly BoardRow[],
): ReadonlyMap<string, number> {
  const places = new Map(before.map((row) => [row.playerKey, row.place]));
  const moved = new Map<string, number>();
  for (const row of after) {
    const old = places.get(row.playerKey);
    if (old !== undefined && old !== row.place) moved.set(row.playerKey, Number(old - row.place));
  }
  return moved;
}

/** Units missing to the row above; undefined for the first row and where the row above isn't shown. */
export function behindAbove(rows: readonly BoardRow[], index: number): bigint | undefined {
  const row = rows[index];
  const above = rows[index - 1];
  if (row === undefined || above === undefined || above.place + 1n !== row.place) return undefined;
  return above.units - row.units;
}

/** Players that can be compared at once. */
const comparedLimit = 2;

/** Chooses or unchooses a player. A third choice replaces the older of two. */
export function toggleChoice(chosen: readonly string[], userId: string): string[] {
  if (chosen.includes(userId)) return chosen.filter((each) => each !== userId);
  return [...chosen, userId].slice(-comparedLimit);
}

/** Row counts that a board may show. */
export const topChoices = [10, 25, 50, 100] as const;
const usualTop = 25;

/** What the address says of a board page. */
export interface BoardSearch {
  /** Rows from the top. */
  readonly top: number;
  /** Players compared, by user id. */
  readonly a?: string;
  readonly b?: string;
  /** Player looked for, by user id. */
  readonly find?: string;
  /** Snapshot shown instead of the live board. */
  readonly at?: number;
}

/** Longest user id. */
const userIdLimit = 128;

/** Reads an address, leaving out what makes no sense. */
export function boardSearch(search: Record<string, unknown>): BoardSearch {
  const text = (value: unknown): string | undefined => {
    if (typeof value !== "string" && typeof value !== "number") return undefined;
    const written = String(value).trim();
    return written === "" || written.length > userIdLimit ? undefined : written;
  };
  const top = topChoices.find((choice) => choice === Number(search.top)) ?? usualTop;
  const at = Number(search.at);
  return {
    top,
    a: text(search.a),
    b: text(search.b),
    find: text(search.find),
    at: Number.isSafeInteger(at) && at > 0 ? at : undefined,
  };
}

/** What an address has to say: rows from the top only where they aren't as many as usual. */
export function boardAddress({ top, ...rest }: BoardSearch): Partial<BoardSearch> {
  return top === usualTop ? rest : { top, ...rest };
}

/** The players chosen in an address, the older choice first. */
export function chosenOf(search: BoardSearch): string[] {
  return [search.a, search.b].filter((userId) => userId !== undefined);
}
