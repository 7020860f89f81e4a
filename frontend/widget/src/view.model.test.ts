import { applyDelta, type Board, boardChannel, boardOf, type Row } from "@laurel/client/live";
import { describe, expect, it } from "vitest";
import { ContestFeed, contestOf } from "../../client/test/contest-feed.js";
import { Random } from "../../client/test/random.js";
import { gapOf, linesOf, type StatusFacts, statusOf } from "./view.model.js";

const row = (key: string, place: number, units = 1000 - place): Row => ({
  place: BigInt(place),
  playerKey: key,
  name: key,
  userId: "",
  units: BigInt(units),
});

const board = (changes: Partial<Board> = {}): Board => ({
  contestId: "t",
  epoch: 1n,
  revision: 1n,
  contest: contestOf(),
  top: [row("a", 1), row("b", 2), row("c", 3)],
  total: 40n,
  stale: false,
  me: undefined,
  ...changes,
});

const me = (own: Row, around: Row[] = [own], toNextUnits = 5n) => ({
  row: own,
  toNextUnits,
  deltaUnits: 0n,
  around,
});
const keys = (each: Board) => linesOf(each).map((line) => `${line.row.playerKey}${line.own ? "*" : ""}`);

describe("statusOf", () => {
  const facts: StatusFacts = { connection: "live", board: board(), refusal: undefined, silentMs: 0 };
  const inState = (state: 1 | 2 | 3 | 4) => board({ contest: contestOf({ state }) });

  it.each([
    ["live", {}],
    ["loading", { board: undefined }],
    ["loading", { board: undefined, connection: "connecting" }],
    ["scheduled", { board: inState(1) }],
    ["closing", { board: inState(3) }],
    ["ended", { board: inState(4) }],
    ["ended", { board: inState(4), connection: "offline" }],
    ["reconnecting", { connection: "reconnecting" }],
    ["reconnecting", { connection: "reconnecting", board: undefined, silentMs: 60_000 }],
    ["stale", { connection: "reconnecting", silentMs: 15_000 }],
    ["stale", { board: board({ stale: true }) }],
    ["offline", { connection: "offline", silentMs: 60_000 }],
    ["unauthorised", { connection: "unauthorised" }],
    ["unauthorised", { refusal: "permission_denied", board: undefined }],
    ["unavailable", { refusal: "not_found", board: undefined }],
    ["live", { refusal: "resource_exhausted" }],
  ] as const)("%s from %o", (expected, change) => {
    expect(statusOf({ ...facts, ...change })).toBe(expected);
  });
});

describe("linesOf", () => {
  it("is the top alone for an anonymous reader", () => {
    expect(keys(board())).toEqual(["a", "b", "c"]);
  });

  it("marks the own row within the top", () => {
    expect(
      keys(board({ me: me(row("b", 2), [row("a", 1), row("b", 2), row("c", 3), row("d", 4)]) })),
    ).toEqual(["a", "b*", "c", "d"]);
  });

  it("tells how many places lie between top and own place", () => {
    const own = row("x", 20);
    const lines = linesOf(board({ me: me(own, [row("w", 19), own, row("y", 21)]) }));
    expect(lines.map(({ skipped }) => skipped)).toEqual([0n, 0n, 0n, 15n, 0n, 0n]);
    expect(lines.map(({ own: isOwn }) => isOwn)).toEqual([false, false, false, false, true, false]);
  });

  it("shows a player once when own place and top are a moment apart", () => {
    const own = row("c", 4);
    expect(keys(board({ me: me(own, [row("b", 3), own, row("e", 5)]) }))).toEqual(["a", "b", "c*", "e"]);
  });

  it("shows the own row even when neither list holds it, and not without a standing", () => {
    expect(keys(board({ me: me(row("x", 9), []) }))).toEqual(["a", "b", "c", "x*"]);
    expect(keys(board({ me: me(row("x", 0), []) }))).toEqual(["a", "b", "c"]);
  });

  it("never shows a key twice, is by place and holds the own row, however far apart the frames are", () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = new Random(seed);
    const entrants = Array.from({ length: 25 }, (_, index) => ({
      key: `k${index}`,
      userId: `u_${index}`,
      name: `n${index}`,
      units: BigInt(random.below(50)),
    }));
    const feed = new ContestFeed(contestOf(), entrants);
    for (let round = 0; round < 200; round++) {
      const own = feed.place(`u_${random.below(25)}`, 3);
      for (let change = 0; change < 8; change++) {
        const entrant = entrants[random.below(25)];
        if (entrant) entrant.units += BigInt(random.below(20));
      }
      const lines = linesOf(board({ top: feed.top(8), me: own }));
      const shown = lines.map((line) => line.row.playerKey);
      expect(new Set(shown).size, `seed ${seed}`).toBe(shown.length);
      expect(lines.filter((line) => line.own)).toHaveLength(1);
      const places = lines.map((line) => Number(line.row.place));
      expect(places, `seed ${seed}`).toEqual([...places].sort((a, b) => a - b));
    }
  });
});

describe("gapOf", () => {
  it.each([
    [undefined, undefined],
    [me(row("x", 0)), { kind: "unplaced" }],
    [me(row("x", 1)), { kind: "alone" }],
    [me(row("x", 1, 90), [row("x", 1, 90), row("y", 2, 65)]), { kind: "ahead", place: 2n, units: 25n }],
    [me(row("x", 1, 90), [row("x", 1, 90), row("y", 2, 90)]), { kind: "level", place: 2n }],
    [me(row("x", 7)), { kind: "behind", place: 6n, units: 5n }],
    [me(row("x", 7), [], 0n), { kind: "level", place: 6n }],
  ])("%o", (own, expected) => {
    expect(gapOf(board({ me: own }))).toEqual(expected);
  });
});

describe("a board over the client's model", () => {
  it("keeps the own place through deltas", () => {
    const first = boardOf({ ...board(), channel: boardChannel("t"), contest: contestOf() }, me(row("b", 2)));
    const next = applyDelta(first, {
      channel: boardChannel("t"),
      epoch: 1n,
      revision: 2n,
      changed: [row("z", 1)],
      left: ["a"],
      total: 41n,
      contest: undefined,
      oldestIngestMicros: 0n,
      stale: false,
    });
    expect(keys(next)).toEqual(["z", "b*", "c"]);
  });
});
