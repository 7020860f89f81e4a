import { describe, expect, it } from "vitest";
import { type Catalogue, catalogues } from "./catalogue.js";
import { knownZone, localeOf, Writer } from "./locale.model.js";

describe("localeOf", () => {
  it.each([
    [["fa"], "fa", "fa", "rtl"],
    [["fa-IR"], "fa", "fa-IR", "rtl"],
    [["zh_CN"], "zh", "zh-CN", "ltr"],
    [["", null, "zh-Hant-TW"], "zh", "zh-Hant-TW", "ltr"],
    [["de", "fa"], "fa", "fa", "rtl"],
    [["not a tag!", "en-GB"], "en", "en-GB", "ltr"],
    [["constructor"], "en", "en", "ltr"],
    [[], "en", "en", "ltr"],
  ] as const)("%o", (wishes, language, tag, direction) => {
    expect(localeOf(...wishes)).toMatchObject({ language, tag, direction });
  });
});

describe("Writer", () => {
  const en = new Writer(localeOf("en"));
  const fa = new Writer(localeOf("fa"));

  it("counts down with and without days", () => {
    expect(en.countdown({ days: 0, hours: 1, minutes: 2, seconds: 3 })).toBe("01:02:03");
    expect(en.countdown({ days: 2, hours: 1, minutes: 2, seconds: 3 })).toBe("2 days 01:02:03");
    expect(en.countdown({ days: 2963, hours: 1, minutes: 2, seconds: 3 })).toBe("2,963 days");
    expect(fa.countdown({ days: 2, hours: 1, minutes: 2, seconds: 3 })).toBe("۲ روز ۰۱:۰۲:۰۳");
  });

  it("counts players", () => {
    expect([1n, 2n, 10_412n].map((count) => en.players(count))).toEqual([
      "1 player",
      "2 players",
      "10,412 players",
    ]);
  });

  it("writes a window in a zone", () => {
    const range = en.range(Date.UTC(2025, 9, 25, 18), Date.UTC(2025, 9, 25, 19), "Europe/Kyiv");
    expect(range.replace(/\s/gu, " ")).toBe("Oct 25, 2025, 9:00 – 10:00 PM");
  });
});

describe("the catalogue", () => {
  const sample = (catalogue: Catalogue) =>
    Object.entries(catalogue).map(([name, text]) => [
      name,
      typeof text === "string" ? text : (text as (...parts: unknown[]) => string)("‹1›", "‹2›"),
    ]);

  it.each(["zh", "fa"] as const)("says everything in %s, in its own words", (language) => {
    const english = new Map(sample(catalogues.en) as [string, string][]);
    for (const [name, text] of sample(catalogues[language]) as [string, string][]) {
      expect(text.trim(), name).not.toBe("");
      if (!["scoring", "tieBreak"].includes(name)) expect(text, name).not.toBe(english.get(name));
      expect(text.includes("‹1›"), name).toBe(english.get(name)?.includes("‹1›"));
    }
  });

  it.each(["en", "zh", "fa"] as const)("explains every scoring and tie-break in %s", (language) => {
    const { scoring, tieBreak } = catalogues[language];
    for (const type of ["sum", "best_n_rounds", "max_multiplier", "count", "last"]) {
      expect(scoring(type, "5")).not.toBe(type);
    }
    expect(scoring("best_n_rounds", "‹n›")).toContain("‹n›");
    for (const name of ["highest_single_multiplier", "fastest_rounds", "earliest_finish_ts", "user_id"]) {
      expect(tieBreak(name)).not.toContain(name);
    }
    expect(tieBreak("a_later_one")).toBe("a_later_one");
  });
});

describe("zones", () => {
  it.each([
    ["Europe/Kyiv", "Europe/Kyiv"],
    ["", "UTC"],
    ["right/Europe/Berlin", "UTC"],
  ])("shows the times of %s in %s", (zone, shown) => {
    expect(knownZone(zone)).toBe(shown);
  });
});
