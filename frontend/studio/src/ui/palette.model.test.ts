import { describe, expect, it } from "vitest";
import { findsAllWords } from "./palette.model.ts";

describe("findsAllWords", () => {
  it.each([
    ["", true],
    ["  ", true],
    ["spring board", true],
    ["BOARD t_spr", true],
    ["spring autumn", false],
  ])("%j is %s", (query, found) => {
    expect(findsAllWords(query, ["Live board of Spring final", "t_spring", undefined])).toBe(found);
  });
});
