import { describe, expect, it } from "vitest";
import { difference } from "../test/contest-feed.js";
import { Random } from "../test/random.js";
import { applyDelta, boardOf, continuity, cutBoard } from "./board.model.js";
import { boardChannel } from "./channel-key.js";
import type { Delta, Row, Snapshot } from "./frame.js";

const row = (playerKey: string, place: number, units = 100 - place): Row => ({
  place: BigInt(place),
  playerKey,
  name: playerKey.toUpperCase(),
  userId: "",
  units: BigInt(units),
});

const snapshot = (top: Row[], revision = 1n): Snapshot => ({
  channel: boardChannel("t"),
  epoch: 1n,
  revision,
  contest: undefined,
  top,
  total: BigInt(top.length),
  stale: false,
});

const delta = (changes: Partial<Delta>): Delta => ({
  channel: boardChannel("t"),
  epoch: 1n,
  revision: 2n,
  changed: [],
  left: [],
  total: 0n,
  contest: undefined,
  oldestIngestMicros: 0n,
  stale: false,
  ...changes,
});

describe("applyDelta", () => {
  it("replaces, adds, removes and puts rows in order", () => {
    const board = boardOf(snapshot([row("a", 1), row("b", 2), row("c", 3)]));
    const next = applyDelta(
      board,
      delta({ changed: [row("c", 1), row("a", 2), row("d", 3)], left: ["b"], total: 9n }),
    );
    expect(next.top.map((each) => each.playerKey)).toEqual(["c", "a", "d"]);
    expect(next.total).toBe(9n);
    expect(next.revision).toBe(2n);
    expect(board.top.map((each) => each.playerKey)).toEqual(["a", "b", "c"]);
  });

  it("keeps a row that both left and came back in the same delta", () => {
    const board = boardOf(snapshot([row("a", 1)]));
    const next = applyDelta(board, delta({ changed: [row("a", 2)], left: ["a"] }));
    expect(next.top).toEqual([row("a", 2)]);
  });

  it("gives the snapshot of every state, on random histories with ties and leavers", () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = new Random(seed);
    for (let history = 0; history < 60; history++) {
      const size = 1 + random.below(30);
      const window = 1 + random.below(12);
      const scores = new Map(Array.from({ length: size }, (_, index) => [`p${index}`, random.below(6)]));
      const top = (): Row[] =>
        [...scores]
          .sort(([keyA, a], [keyB, b]) => b - a || (keyA < keyB ? -1 : 1))
          .slice(0, window)
          .map(([key, units], index) => row(key, index + 1, units));
      let before = top();
      let board = boardOf(snapshot(before));
      for (let revision = 2n; revision < 40n; revision++) {
        for (let change = random.below(5); change >= 0; change--) {
          const key = `p${random.below(size + 5)}`;
          if (random.below(5) === 0) scores.delete(key);
          else scores.set(key, random.below(6));
        }
        const after = top();
        const next = delta({ revision, ...difference(before, after), total: BigInt(scores.size) });
        expect(continuity(board, next)).toBe("next");
        board = applyDelta(board, next);
        const whole = boardOf({ ...snapshot(after, revision), total: BigInt(scores.size) });
        expect(board, `seed ${seed}`).toEqual(whole);
        before = after;
      }
    }
  });
});

describe("continuity", () => {
  const board = boardOf(snapshot([], 5n));

  it.each([
    ["the next revision", { revision: 6n }, "next"],
    ["a skipped revision", { revision: 7n }, "gap"],
    ["the same revision again", { revision: 5n }, "known"],
    ["an older revision", { revision: 4n }, "known"],
    ["the next revision of another epoch", { revision: 6n, epoch: 2n }, "gap"],
    ["an older revision of another epoch", { revision: 1n, epoch: 2n }, "gap"],
  ] as const)("%s", (_name, change, expected) => {
    expect(continuity(board, delta(change))).toBe(expected);
  });
});

describe("cutBoard", () => {
  it("gives each view what it asked for", () => {
    const top = Array.from({ length: 10 }, (_, index) => row(`p${index}`, index + 1));
    const around = [row("x", 40), row("y", 41), row("me", 42), row("z", 43), row("w", 44)];
    const me = { row: row("me", 42), toNextUnits: 1n, deltaUnits: 0n, around };
    const cut = cutBoard(boardOf(snapshot(top), me), { top: 3, around: 1 });
    expect(cut.top).toHaveLength(3);
    expect(cut.me?.around.map((each) => each.playerKey)).toEqual(["y", "me", "z"]);
  });
});
