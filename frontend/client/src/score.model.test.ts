import { describe, expect, it } from "vitest";
import { Random } from "../test/random.js";
import { formatCount, formatUnits, plainUnits } from "./score.model.js";

describe("formatUnits", () => {
  it.each([
    [2_743_885n, 2, "en", "27,438.85"],
    [5n, 2, "en", "0.05"],
    [-5n, 2, "en", "-0.05"],
    [-100n, 2, "en", "-1.00"],
    [0n, 0, "en", "0"],
    [1234n, 0, "de", "1.234"],
    [1234n, 3, "de", "1,234"],
    [2_743_885n, 2, "zh", "27,438.85"],
    [2_743_885n, 2, "fa", "۲۷٬۴۳۸٫۸۵"],
    [7n, 4, "fa", "۰٫۰۰۰۷"],
    [9_007_199_254_740_993n, 2, "en", "90,071,992,547,409.93"],
    [9_223_372_036_854_775_807n, 4, "en", "922,337,203,685,477.5807"],
    [-9_223_372_036_854_775_808n, 0, "en", "-9,223,372,036,854,775,808"],
  ])("%s with precision %s in %s", (units, precision, locale, expected) => {
    expect(formatUnits(units, precision, locale)).toBe(expected);
  });

  it("loses no digit of any 64-bit number", () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = new Random(seed);
    for (let round = 0; round < 500; round++) {
      const bits = (BigInt(random.below(2 ** 32)) << 32n) | BigInt(random.below(2 ** 32));
      const units = BigInt.asIntN(64, bits);
      const precision = random.below(5);
      const digits = formatUnits(units, precision, "en").replace(/[,.]/g, "");
      expect(BigInt(digits), `seed ${seed}`).toBe(units);
      expect(plainUnits(units, precision), `seed ${seed}`).toBe(
        formatUnits(units, precision, "en").replaceAll(",", ""),
      );
    }
  });
});

describe("formatCount", () => {
  it("writes the locale's digits", () => {
    expect(formatCount(10_412n, "fa")).toBe("۱۰٬۴۱۲");
  });
});
