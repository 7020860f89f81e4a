import { describe, expect, it } from "vitest";
import { type DraftStorage, Drafts } from "./draft.model.ts";

function shelf(): DraftStorage & { readonly items: Map<string, string> } {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

const draft = { baseVersion: 3, yaml: "kind: Contest\ntitle: نوروز\n", keptAt: 1_790_000_000_000 };

describe("Drafts", () => {
  it("gives back what was kept, by author and definition, until it is dropped", () => {
    const storage = shelf();
    const mine = new Drafts(() => storage, "ada");
    mine.keep("t_1", draft);
    expect(mine.read("t_1")).toEqual(draft);
    expect(mine.read("")).toBeUndefined();
    expect(new Drafts(() => storage, "bob").read("t_1")).toBeUndefined();
    mine.drop("t_1");
    expect(mine.read("t_1")).toBeUndefined();
  });
  it("tells authors and definitions apart whatever is in their names", () => {
    const storage = shelf();
    new Drafts(() => storage, "a/b").keep("c", draft);
    expect(new Drafts(() => storage, "a").read("b/c")).toBeUndefined();
  });
  it.each(["", "no json", "null", "7", '{"yaml":1}', '{"baseVersion":1.5,"yaml":"","keptAt":0}'])(
    "takes no draft from %j",
    (text) => {
      const storage = shelf();
      const mine = new Drafts(() => storage, "ada");
      mine.keep("t_1", draft);
      for (const key of storage.items.keys()) storage.items.set(key, text);
      expect(mine.read("t_1")).toBeUndefined();
    },
  );
  it("keeps no document that the server would refuse for its length", () => {
    const mine = new Drafts(shelf, "ada");
    mine.keep("t_1", { ...draft, yaml: "x".repeat(262_145) });
    expect(mine.read("t_1")).toBeUndefined();
  });
  it("breaks nothing where storage is switched off", () => {
    const off = new Drafts(() => {
      throw new Error("denied");
    }, "ada");
    off.keep("t_1", draft);
    off.drop("t_1");
    expect(off.read("t_1")).toBeUndefined();
  });
});
