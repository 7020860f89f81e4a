import { describe, expect, it } from "vitest";
import { slideStarts } from "./slide.model.ts";

const height = 44;
const tops = (keys: string) => keys.split("").map((key, index) => ({ key, top: index * height }));
const starts = (before: string, after: string) => {
  const places = new Map(tops(before).map(({ key, top }) => [key, top]));
  return [...slideStarts(places, tops(after)).values()].map((top) => top / height);
};

describe("slideStarts", () => {
  it.each([
    ["a row that rises comes from where it was", "abcde", "adbce", [0, 3, 1, 2, 4]],
    ["a newcomer comes from the place that was left", "abcde", "axbcd", [0, 4, 1, 2, 3]],
    ["two newcomers come from two places", "abcde", "xaybc", [3, 0, 4, 1, 2]],
    ["a newcomer on a board that grows comes from below", "abc", "axbc", [0, 3, 1, 2]],
    ["a newcomer at the end stays there", "abc", "abcx", [0, 1, 2, 3]],
    ["the first rows don't slide", "", "abc", [0, 1, 2]],
    ["nothing is nothing", "abc", "", []],
  ])("%s", (_, before, after, expected) => {
    expect(starts(before, after)).toEqual(expected);
  });
});
