import { describe, expect, it } from "vitest";
import { chartPoints, distance, measureOf, pairRounds, totalUnits } from "./order.model.ts";

describe("order", () => {
  it("measures distance exactly and without a sign", () => {
    expect(distance({ above: 9007199254740993n, below: 1n })).toBe(9007199254740992n);
    expect(distance({ above: 5n, below: 9n })).toBe(4n);
  });
  it("pairs rounds by rank, however many each has", () => {
    expect(pairRounds(["a", "b"], ["x"])).toEqual([
      { rank: 1, above: "a", below: "x" },
      { rank: 2, above: "b", below: undefined },
    ]);
    expect(pairRounds([], [])).toEqual([]);
  });
  it("adds up kept rounds", () => {
    expect(totalUnits([{ units: 9007199254740993n }, { units: 2n }])).toBe(9007199254740995n);
    expect(chartPoints([{ units: 250n }], 2)).toEqual([2.5]);
  });
  it("writes an unknown value as a number", () => {
    expect(measureOf("fastest_rounds")).toBe("duration");
    expect(measureOf("luckiest")).toBe("number");
  });
});
