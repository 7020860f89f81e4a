import { describe, expect, it } from "vitest";
import { exampleContest, hasChanged, inOrder, problemText, stretchOf } from "./definition.model.ts";

const document = "kind: Contest\nid: X\n  n: -3  \n\nlast";

function textAt(line: number, column: number): string {
  const { from, to } = stretchOf(document, { line, column });
  return document.slice(from, to);
}

describe("stretchOf", () => {
  it.each([
    [1, 0, "kind: Contest"],
    [2, 5, "X"],
    [3, 0, "n: -3"],
    [3, 6, "-3"],
    [4, 1, ""],
    [0, 0, "kind: Contest"],
    [99, 2, "ast"],
    [2, 99, "id: X"],
  ])("line %i column %i is %j", (line, column, text) => {
    expect(textAt(line, column)).toBe(text);
  });
  it("is inside each document, even an empty one", () => {
    expect(stretchOf("", { line: 5, column: 5 })).toEqual({ from: 0, to: 0 });
  });
});

describe("problems", () => {
  it("come in the order of their lines", () => {
    const problem = (line: number, column: number) => ({
      line,
      column,
      field: "",
      message: `${line}:${column}`,
    });
    expect(
      inOrder([problem(9, 1), problem(2, 7), problem(2, 3), problem(0, 0)]).map(({ message }) => message),
    ).toEqual(["0:0", "2:3", "2:7", "9:1"]);
  });
  it("name their field", () => {
    expect(problemText({ line: 1, column: 1, field: "window.end", message: "must be after start" })).toBe(
      "window.end: must be after start",
    );
    expect(problemText({ line: 1, column: 1, field: "", message: "not YAML" })).toBe("not YAML");
  });
});

describe("documents", () => {
  it("have not changed when only blanks at line ends differ", () => {
    expect(hasChanged("a: 1\nb: 2\n", "a: 1  \r\nb: 2")).toBe(false);
    expect(hasChanged("a: 1", "a: 2")).toBe(true);
    expect(hasChanged("a:\n  b: 1", "a:\n b: 1")).toBe(true);
  });
  it("the example runs for a day from the last full hour", () => {
    const yaml = exampleContest(new Date("2025-10-25T18:42:10Z"), "Europe/Kyiv");
    expect(yaml).toContain("start: 2025-10-25T18:00Z");
    expect(yaml).toContain("end: 2025-10-26T18:00Z");
    expect(yaml).toContain("tz: Europe/Kyiv");
  });
});
