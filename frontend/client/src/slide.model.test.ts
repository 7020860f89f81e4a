import { describe, expect, it } from "vitest";
import { slideStarts } from "./slide.model.js";

const height = 48;
const tops = (keys: string) => keys.split("").map((key, index) => ({ key, top: index * height }));
const places = (keys: string) => new Map(tops(keys).map(({ key, top }) => [key, top]));
const starts = (before: string, after: string) =>
  slideStarts(places(before), tops(after)).map((top) => top / height);

describe("slideStarts", () => {
  it.each([
    ["a row that rises comes from where it was", "abcde", "adbce", [0, 3, 1, 2, 4]],
    ["a newcomer comes from the place that was left", "abcde", "axbcd", [0, 4, 1, 2, 3]],
    ["two newcomers come from two places", "abcde", "xaybc", [3, 0, 4, 1, 2]],
    ["a newcomer on a board that grows comes from below", "abc", "axbc", [0, 3, 1, 2]],
    ["a newcomer at the end stays there", "abc", "abcx", [0, 1, 2, 3]],
    ["a board that shrinks moves the rest", "abcd", "acd", [0, 2, 3]],
    ["the first rows don't slide", "", "abc", [0, 1, 2]],
    ["nothing is nothing", "abc", "", []],
  ])("%s", (_, before, after, expected) => {
    expect(starts(before, after)).toEqual(expected);
  });

  it("leaves no place empty and covers no row while the count stays", () => {
    const letters = "abcdefghijklmnopqrst".split("");
    let seed = 7;
    const random = () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed / 2 ** 32;
    };
    const draw = () =>
      letters
        .map((key) => ({ key, at: random() }))
        .sort((a, b) => a.at - b.at)
        .slice(0, 10)
        .map(({ key }) => key)
        .join("");
    for (let round = 0; round < 200; round++) {
      const [before, after] = [draw(), draw()];
      expect(starts(before, after).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
  });
});
