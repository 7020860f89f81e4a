import { describe, expect, it } from "vitest";
import { mayPublish, mayReview, safeReturn } from "./session.model.ts";

describe("safeReturn", () => {
  it.each([
    ["/contests/x/board?a=u_1", "/contests/x/board?a=u_1"],
    ["/", "/"],
    ["//evil.example", "/"],
    ["/\\evil.example", "/"],
    ["https://evil.example", "/"],
    ["javascript:alert(1)", "/"],
    ["/signin?to=%2F", "/"],
    [undefined, "/"],
    [7, "/"],
  ])("%j leads to %j", (wanted, path) => {
    expect(safeReturn(wanted)).toBe(path);
  });
});

describe("mayPublish", () => {
  it.each([
    [["viewer"], false],
    [["viewer", "reviewer", "finance"], false],
    [["operator"], true],
    [["admin"], true],
    [[], false],
  ])("%j: %s", (roles, may) => {
    expect(mayPublish(roles)).toBe(may);
  });
});

describe("mayReview", () => {
  it.each([
    [["viewer", "finance"], false],
    [["reviewer"], true],
    [["operator"], true],
    [["admin"], true],
    [[], false],
  ])("%j: %s", (roles, may) => {
    expect(mayReview(roles)).toBe(may);
  });
});
