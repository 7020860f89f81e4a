import { describe, expect, it } from "vitest";
import { messages as english } from "./en.ts";
import { messages as persian } from "./fa.ts";
import { messages as chinese } from "./zh.ts";

/** Names of the values a compiled message puts in, at any depth. */
function placeholders(message: unknown): string[] {
  if (!Array.isArray(message)) return [];
  const names: string[] = [];
  for (const token of message as unknown[]) {
    if (!Array.isArray(token)) continue;
    const [name, , choices] = token as [string, unknown, Record<string, unknown> | undefined];
    names.push(name);
    if (typeof choices === "object") names.push(...Object.values(choices).flatMap(placeholders));
  }
  return [...new Set(names)].toSorted();
}

describe.each([
  ["fa", persian],
  ["zh", chinese],
])("catalogue %s", (_, messages) => {
  it("has the texts of the English one, no fewer and no more", () => {
    expect(Object.keys(messages).toSorted()).toEqual(Object.keys(english).toSorted());
  });
  it.each(Object.keys(english))("puts in the same values: %s", (id) => {
    expect(placeholders(messages[id])).toEqual(placeholders(english[id]));
  });
});
