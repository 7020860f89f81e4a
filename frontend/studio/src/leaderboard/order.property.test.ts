import { describe, expect, it } from "vitest";
import { numbers } from "../../tests/numbers.ts";
import { decimalText, formatUnits } from "../ui/number.model.ts";
import { distance, pairRounds, totalUnits } from "./order.model.ts";

/** Units of any size up to 2^62, of either sign. */
function units(next: () => number): bigint {
  const wide = (BigInt(next()) << 30n) ^ BigInt(next());
  const size = wide >> BigInt(next() % 60);
  return next() % 2 === 0 ? size : -size;
}

describe("order, for any rounds", () => {
  it("keeps every round in its place, and pairs no two of one player", () => {
    const next = numbers(1);
    for (let run = 0; run < 500; run++) {
      const above = Array.from({ length: next() % 25 }, (_, i) => `a${i}`);
      const below = Array.from({ length: next() % 25 }, (_, i) => `b${i}`);
      const pairs = pairRounds(above, below);
      expect(pairs.map(({ rank }) => rank)).toEqual(pairs.map((_, i) => i + 1));
      expect(pairs.flatMap((pair) => pair.above ?? [])).toEqual(above);
      expect(pairs.flatMap((pair) => pair.below ?? [])).toEqual(below);
    }
  });
  it("measures distance the same from both sides, and adds up in any order", () => {
    const next = numbers(2);
    for (let run = 0; run < 500; run++) {
      const [a, b, c] = [units(next), units(next), units(next)];
      expect(distance({ above: a, below: b })).toBe(distance({ above: b, below: a }));
      expect(distance({ above: a, below: b }) >= 0n).toBe(true);
      expect(distance({ above: a, below: a })).toBe(0n);
      const rounds = [a, b, c].map((each) => ({ units: each }));
      expect(totalUnits(rounds)).toBe(totalUnits(rounds.toReversed()));
      expect(totalUnits(rounds)).toBe(a + b + c);
    }
  });
});

describe("numbers, for any units", () => {
  it("are written so that they can be read back without loss", () => {
    const next = numbers(3);
    for (let run = 0; run < 1_000; run++) {
      const value = units(next);
      const places = next() % 5;
      const text = decimalText(value, places);
      expect(text).toMatch(places === 0 ? /^-?\d+$/ : new RegExp(`^-?\\d+\\.\\d{${places}}$`));
      expect(BigInt(text.replace(".", ""))).toBe(value);
    }
  });
  it("have the same digits in each language, whatever stands between them", () => {
    const next = numbers(4);
    for (let run = 0; run < 200; run++) {
      const value = units(next);
      const digits = decimalText(value, 2).replaceAll(/\D/g, "");
      for (const tag of ["en", "zh", "de"]) {
        expect(formatUnits(tag, value, 2).replaceAll(/\D/g, "")).toBe(digits);
      }
    }
  });
});
