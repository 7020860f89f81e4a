import { describe, expect, it } from "vitest";
import { numbers } from "../../tests/numbers.ts";
import { type Locale, locales, pickLocale } from "../i18n.ts";
import {
  decimalText,
  formatCount,
  formatMicroseconds,
  formatMillionths,
  formatUnits,
} from "./number.model.ts";
import { findsAllWords } from "./palette.model.ts";
import { isolate } from "./text.model.ts";
import {
  clockChangesWithin,
  formatInstantThere,
  formatTimeLeft,
  instantOfMicros,
  knownZone,
  zoneOffsetMinutes,
} from "./time.model.ts";

const tags = Object.values(locales).map(({ tag }) => tag);
const zones = [
  "UTC",
  "Asia/Tehran",
  "Asia/Kathmandu",
  "Europe/Kyiv",
  "America/St_Johns",
  "Pacific/Kiritimati",
];

/** A whole number of up to 63 bits and either sign, of any size. */
function whole(next: () => number): bigint {
  const wide = ((BigInt(next()) << 40n) ^ (BigInt(next()) << 20n) ^ BigInt(next())) & ((1n << 63n) - 1n);
  const size = wide >> BigInt(next() % 63);
  return next() % 2 === 0 ? size : -size;
}

/** Reads a number back from what people see, in any language's digits. */
function read(tag: string, text: string): string {
  const digits = new Intl.NumberFormat(tag, { useGrouping: false }).format(9_876_543_210);
  const point =
    new Intl.NumberFormat(tag).formatToParts(1.5).find(({ type }) => type === "decimal")?.value ?? ".";
  return Array.from(text)
    .map((sign) => {
      const at = digits.indexOf(sign);
      if (at >= 0) return String(9 - at);
      return sign === point ? "." : /[-\u2212]/.test(sign) ? "-" : "";
    })
    .join("");
}

describe("numbers, of any size in any language", () => {
  it("are read back to the last digit", () => {
    const next = numbers(1);
    for (let run = 0; run < 600; run++) {
      const [units, places, tag] = [whole(next), next() % 13, tags[next() % tags.length] ?? "en-GB"];
      expect(read(tag, formatUnits(tag, units, places)), `${tag} ${units} ${places}`).toBe(
        decimalText(units, places),
      );
      expect(read(tag, formatCount(tag, units))).toBe(decimalText(units, 0));
    }
  });

  it("are the same number with more places, ten times the units", () => {
    const next = numbers(2);
    for (let run = 0; run < 600; run++) {
      const [units, places] = [whole(next), next() % 12];
      expect(decimalText(units * 10n, places + 1)).toBe(
        `${decimalText(units, places)}${places === 0 ? "." : ""}0`,
      );
    }
  });

  it("in millionths have no zero at the end, and lose nothing", () => {
    const next = numbers(3);
    for (let run = 0; run < 600; run++) {
      const micros = whole(next);
      const text = read("en-GB", formatMillionths("en-GB", micros));
      expect(text).not.toMatch(/\.\d*0$|\.$/);
      const [left = "", right = ""] = text.replace("-", "").split(".");
      const size = BigInt(`${left}${right.padEnd(6, "0")}`);
      expect(size).toBe(micros < 0n ? -micros : micros);
    }
  });

  it("of microseconds are longer the more there are, rounded to what one can tell", () => {
    const factors: Record<string, number> = { μs: 1, ms: 1_000, sec: 1_000_000, secs: 1_000_000 };
    const next = numbers(4);
    for (let run = 0; run < 300; run++) {
      const micros = 1 + ((next() % 60_000_000) >> (next() % 20));
      const [, size = "", unit = ""] =
        /^([\d.,]+)\s?(\S+)$/.exec(formatMicroseconds("en-GB", BigInt(micros))) ?? [];
      const shown = Number(size.replaceAll(",", "")) * (factors[unit] ?? Number.NaN);
      expect(Math.abs(shown - micros), `${micros} is ${size} ${unit}`).toBeLessThanOrEqual(
        Math.max(0.5, micros * 0.06),
      );
    }
  });
});

describe("instants, at any time in any zone", () => {
  const first = Date.parse("1972-01-01T00:00:00Z");
  const instantOf = (next: () => number) =>
    new Date(first + (next() % 1_900_000_000) * 1_000 + (next() % 1_000));

  it("are as far ahead of UTC as the zone's clock says", () => {
    const next = numbers(5);
    for (let run = 0; run < 400; run++) {
      const [instant, zone] = [instantOf(next), zones[next() % zones.length] ?? "UTC"];
      const clock = Date.parse(`${instant.toLocaleString("sv-SE", { timeZone: zone }).replace(" ", "T")}Z`);
      const second = Math.trunc(instant.getTime() / 1_000) * 1_000;
      expect(zoneOffsetMinutes(instant, zone), `${zone} ${instant.toISOString()}`).toBe(
        (clock - second) / 60_000,
      );
      expect(zoneOffsetMinutes(instant, "UTC")).toBe(0);
    }
  });

  it("never see a clock change in UTC, nor within no time at all", () => {
    const next = numbers(6);
    for (let run = 0; run < 200; run++) {
      const start = instantOf(next);
      const end = new Date(start.getTime() + (next() % 90_000_000) * 1_000);
      expect(clockChangesWithin(start, end, "UTC")).toBe(false);
      expect(clockChangesWithin(start, start, zones[next() % zones.length] ?? "UTC")).toBe(false);
    }
  });

  it("name the zone if and only if the viewer's clock shows another time", () => {
    const next = numbers(7);
    for (let run = 0; run < 300; run++) {
      const [zone = "UTC", viewer = "UTC"] = [zones[next() % zones.length], zones[next() % zones.length]];
      const instant = instantOf(next);
      const differ = zoneOffsetMinutes(instant, zone) !== zoneOffsetMinutes(instant, viewer);
      const text = formatInstantThere(tags[next() % tags.length] ?? "en-GB", instant, zone, viewer);
      expect(text.endsWith(isolate(zone))).toBe(differ);
    }
  });

  it("come back from microseconds to the millisecond", () => {
    const next = numbers(8);
    for (let run = 0; run < 300; run++) {
      const instant = instantOf(next);
      expect(instantOfMicros(BigInt(instant.getTime()) * 1_000n + BigInt(next() % 1_000))).toEqual(instant);
    }
  });

  it("are in a zone that is known, whatever is named", () => {
    for (const zone of [...zones, "", " ", "Mars/Olympus", "utc+99", "__proto__"]) {
      const known = knownZone(zone);
      expect(knownZone(known)).toBe(known);
      expect(() => new Intl.DateTimeFormat("en", { timeZone: known })).not.toThrow();
    }
  });
});

describe("a time left, of any length", () => {
  it("counts down by a second a second, to zero and no further", () => {
    const next = numbers(9);
    const seconds = (text: string) => {
      const [, days = "0", hours, minutes, rest] =
        /^(?:(\d+) days? ?)?(?:(\d\d):(\d\d):(\d\d))?$/.exec(text) ?? [];
      return ((Number(days) * 24 + Number(hours ?? 0)) * 60 + Number(minutes ?? 0)) * 60 + Number(rest ?? 0);
    };
    for (let run = 0; run < 400; run++) {
      const left = (next() % (7 * 86_400)) * 1_000;
      const text = formatTimeLeft("en-GB", left);
      expect(seconds(text), text).toBe(left / 1_000);
      expect(seconds(formatTimeLeft("en-GB", left - 1_000))).toBe(Math.max(0, left / 1_000 - 1));
      expect(formatTimeLeft("en-GB", -left)).toBe("00:00:00");
    }
  });
});

describe("languages", () => {
  it("are picked by the first that is spoken, whatever else is wanted", () => {
    const spoken = Object.keys(locales) as Locale[];
    for (const locale of spoken) {
      expect(pickLocale(["de-AT", "", locales[locale].tag, "en"])).toBe(locale);
      expect(pickLocale([locale.toUpperCase()])).toBe(locale);
    }
    expect(pickLocale([])).toBe("en");
    expect(pickLocale(["xx", "toString", "__proto__", "constructor"])).toBe("en");
  });
});

describe("the words of a search", () => {
  it("find the same in any order and case, and less the more there are", () => {
    const next = numbers(10);
    const words = ["live", "BOARD", "of", "Spring", "t_1", "نوروز"];
    const some = () => words.filter(() => next() % 2 === 0);
    for (let run = 0; run < 400; run++) {
      const [query, texts] = [some(), some()];
      const found = findsAllWords(query.join(" "), texts);
      expect(findsAllWords(query.toReversed().join("  ").toUpperCase(), texts)).toBe(found);
      expect(found).toBe(query.every((word) => texts.includes(word)));
      if (found) expect(findsAllWords(query.slice(1).join(" "), [...texts, undefined])).toBe(true);
    }
  });
});
