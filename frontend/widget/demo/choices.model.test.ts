import { describe, expect, it } from "vitest";
import { choicesOf, pickTournament, queryOf, snippetOf } from "./choices.model.js";

const read = (query: string, language = "en-US") => choicesOf(new URLSearchParams(query), language);

describe("choices", () => {
  it("come from the address and go back into it", () => {
    const choices = read("contest=t&locale=fa&theme=dark&density=compact&brand=ocean&player=u_1");
    expect(read(queryOf(choices))).toEqual(choices);
    expect(choices).toMatchObject({ contest: "t", locale: "fa", theme: "dark", player: "u_1" });
  });

  it("fall back where the address says nothing or nonsense", () => {
    expect(read("theme=pink&locale=xx", "zh-CN")).toEqual({
      contest: "",
      locale: "zh",
      theme: "auto",
      density: "comfortable",
      brand: "laurel",
      player: "",
    });
    expect(read("locale=fa-IR").locale).toBe("fa");
    expect(read("", "de").locale).toBe("en");
  });
});

describe("pickTournament", () => {
  const list = (...statuses: string[]) => statuses.map((status, index) => ({ id: `t${index}`, status }));

  it.each([
    [list("final", "live", "live"), "t1"],
    [list("scheduled", "final", "closing"), "t2"],
    [list("scheduled", "final"), "t1"],
    [list("scheduled"), "t0"],
    [list("something_new"), "t0"],
    [[], undefined],
  ])("%o", (tournaments, expected) => {
    expect(pickTournament(tournaments)?.id).toBe(expected);
  });
});

describe("snippetOf", () => {
  it("is what the page shows, with no token in it", () => {
    const snippet = snippetOf(read('contest=a"<b&locale=fa&theme=dark&player=u_1'), "https://laurel.example");
    expect(snippet).toContain('src="https://laurel.example/widget/laurel.js"');
    expect(snippet).toContain('contest-id="a&quot;&lt;b"');
    expect(snippet).toContain("tokenProvider");
    expect(snippet).not.toContain("u_1");
  });
});
