import { describe, expect, it } from "vitest";
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

function row(place: number, key: string, units: number): BoardRow {
  return { place: BigInt(place), playerKey: key, name: key, userId: `u_${key}`, units: BigInt(units) };
}

const before = [row(1, "a", 300), row(2, "b", 200), row(3, "c", 100)];

describe("changesBetween", () => {
  it("is nothing for the same board", () => {
    expect(changesBetween(before, [...before])).toBe(0);
  });
  it("counts each row that moved, scored, came or left once", () => {
    const after = [row(1, "b", 400), row(2, "a", 300), row(3, "d", 150)];
    expect(changesBetween(before, after)).toBe(4);
  });
});

describe("movements", () => {
  it("says who rose and who fell, and leaves out newcomers", () => {
    const after = [row(1, "c", 500), row(2, "a", 300), row(3, "b", 200), row(4, "d", 1)];
    expect([...movements(before, after)]).toEqual([
      ["c", 2],
      ["a", -1],
      ["b", -1],
    ]);
  });
});

describe("behindAbove", () => {
  it("is the distance to the next better row", () => {
    expect(behindAbove(before, 0)).toBeUndefined();
    expect(behindAbove(before, 1)).toBe(100n);
  });
  it("is unknown across a gap of places", () => {
    expect(behindAbove([row(1, "a", 3), row(7, "g", 1)], 1)).toBeUndefined();
  });
});

describe("toggleChoice", () => {
  it.each([
    [[], "x", ["x"]],
    [["x"], "y", ["x", "y"]],
    [["x", "y"], "z", ["y", "z"]],
    [["x", "y"], "x", ["y"]],
  ])("%j then %s is %j", (chosen, next, result) => {
    expect(toggleChoice(chosen, next)).toEqual(result);
  });
});

describe("boardSearch", () => {
  it("keeps what makes sense", () => {
    expect(boardSearch({ top: "50", a: 123, b: " u_2 ", find: "", at: "4" })).toEqual({
      top: 50,
      a: "123",
      b: "u_2",
      find: undefined,
      at: 4,
    });
  });
  it("drops the rest", () => {
    expect(boardSearch({ top: 7, a: { x: 1 }, at: -1, find: "x".repeat(200) })).toEqual({
      top: 25,
      a: undefined,
      b: undefined,
      find: undefined,
      at: undefined,
    });
  });
  it("says in the address only what isn't as usual", () => {
    expect(boardAddress(boardSearch({ top: "25", find: "u_1" }))).toEqual({ find: "u_1" });
    expect(boardAddress(boardSearch({ top: "50" }))).toEqual({ top: 50 });
  });
  it("names the chosen players", () => {
    expect(chosenOf({ top: 25, b: "u_2" })).toEqual(["u_2"]);
  });
});
