import { describe, expect, it } from "vitest";
import { numbers } from "../../tests/numbers.ts";
import {
  type BoardRow,
  behindAbove,
  boardAddress,
  boardSearch,
  changesBetween,
  chosenOf,
  movements,
  toggleChoice,
} from "./board.model.ts";

/** A board of some of ten players in any order, with falling scores. */
function board(next: () => number): BoardRow[] {
  const keys = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].filter(() => next() % 3 > 0);
  keys.sort((x, y) => ((x.charCodeAt(0) * 31 + next()) % 7) - ((y.charCodeAt(0) * 31 + next()) % 7));
  let units = 10_000n;
  return keys.map((key, index) => {
    units -= BigInt(next() % 50);
    return { place: BigInt(index + 1), playerKey: key, name: key, userId: `u_${key}`, units };
  });
}

describe("two boards of the same contest", () => {
  it("differ in as many rows one way as the other, and in none from themselves", () => {
    const next = numbers(1);
    for (let run = 0; run < 500; run++) {
      const [before, after] = [board(next), board(next)];
      expect(changesBetween(before, after)).toBe(changesBetween(after, before));
      expect(changesBetween(before, before)).toBe(0);
      expect(changesBetween([], after)).toBe(after.length);
    }
  });
  it("have players who rose as far as they fell on the way back", () => {
    const next = numbers(2);
    for (let run = 0; run < 500; run++) {
      const [before, after] = [board(next), board(next)];
      const there = movements(before, after);
      const back = movements(after, before);
      expect(new Map([...there].map(([key, places]) => [key, -places]))).toEqual(back);
      for (const places of there.values()) expect(places).not.toBe(0);
    }
  });
  it("show distances to the row above that add up to the distance to the first", () => {
    const next = numbers(3);
    for (let run = 0; run < 500; run++) {
      const rows = board(next);
      const sum = rows.reduce((total, _, index) => total + (behindAbove(rows, index) ?? 0n), 0n);
      expect(sum).toBe((rows[0]?.units ?? 0n) - (rows.at(-1)?.units ?? 0n));
      expect(behindAbove(rows, 0)).toBeUndefined();
    }
  });
});

describe("what an address says of a board", () => {
  it("is read as it was written, whatever it was", () => {
    const next = numbers(4);
    const values = [
      "",
      "u_1",
      " u_2 ",
      7,
      -1,
      0,
      10,
      25,
      50,
      "100",
      3.5,
      Number.NaN,
      null,
      undefined,
      "x".repeat(129),
      {},
      [],
    ];
    const any = () => values[next() % values.length];
    for (let run = 0; run < 1_000; run++) {
      const search = boardSearch({ top: any(), a: any(), b: any(), find: any(), at: any(), other: any() });
      expect(boardSearch({ ...boardAddress(search) })).toEqual(search);
      expect([10, 25, 50, 100]).toContain(search.top);
      expect(chosenOf(search).length).toBeLessThanOrEqual(2);
    }
  });
});

describe("the players that are compared", () => {
  it("are at most two, each once, and the last one chosen is among them", () => {
    const next = numbers(5);
    let chosen: string[] = [];
    for (let run = 0; run < 1_000; run++) {
      const userId = `u_${next() % 4}`;
      const before = chosen;
      chosen = toggleChoice(chosen, userId);
      expect(chosen.length).toBeLessThanOrEqual(2);
      expect(new Set(chosen).size).toBe(chosen.length);
      expect(chosen.includes(userId)).toBe(!before.includes(userId));
    }
  });
});
