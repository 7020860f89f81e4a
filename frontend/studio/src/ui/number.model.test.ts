import { describe, expect, it } from "vitest";
import {
  decimalText,
  formatCount,
  formatDecimal,
  formatMicroseconds,
  formatMillionths,
  formatUnits,
} from "./number.model.ts";

describe("decimalText", () => {
  it.each([
    [0n, 2, "0.00"],
    [5n, 2, "0.05"],
    [-5n, 2, "-0.05"],
    [123456n, 2, "1234.56"],
    [123456n, 0, "123456"],
    [9223372036854775807n, 4, "922337203685477.5807"],
    [-9223372036854775808n, 0, "-9223372036854775808"],
    [150_000_000n, 8, "1.50000000"],
    [1n, 12, "0.000000000001"],
  ])("writes %s with %s places as %s", (units, precision, text) => {
    expect(decimalText(units, precision)).toBe(text);
  });
});

describe("formats", () => {
  it("keeps each digit of a 64-bit score", () => {
    expect(formatUnits("en-GB", 9223372036854775807n, 4)).toBe("922,337,203,685,477.5807");
    expect(formatUnits("en-GB", 9007199254740993n, 0)).toBe("9,007,199,254,740,993");
    expect(formatCount("en-GB", 9007199254740993n)).toBe("9,007,199,254,740,993");
  });
  it("uses the digits of the language", () => {
    expect(formatUnits("fa-IR", 123456n, 2)).toBe("۱٬۲۳۴٫۵۶");
  });
  it("writes decimals as they are", () => {
    expect(formatDecimal("en-GB", 0.5)).toBe("0.5");
    expect(formatDecimal("en-GB", 1_234_567.000_1)).toBe("1,234,567.0001");
    expect(formatDecimal("fa-IR", 0.5)).toBe("۰٫۵");
  });
  it("writes multipliers without trailing zeros", () => {
    expect(formatMillionths("en-GB", 2_500_000n)).toBe("2.5");
    expect(formatMillionths("en-GB", 1n)).toBe("0.000001");
  });
  it.each([
    [0n, "0ms"],
    [999n, "999μs"],
    [1_500n, "1.5ms"],
    [150_000n, "150ms"],
    [2_300_000n, "2.3sec"],
  ])("writes %s microseconds as %s", (micros, text) => {
    expect(formatMicroseconds("en-US", micros).replaceAll(/\s/g, "")).toBe(text);
  });
});
