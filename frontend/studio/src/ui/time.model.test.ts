import { describe, expect, it } from "vitest";
import {
  clockChangesWithin,
  formatInstant,
  formatInstantThere,
  formatTimeLeft,
  instantOfMicros,
  knownZone,
  zoneOffsetMinutes,
} from "./time.model.ts";

describe("time", () => {
  const summer = new Date("2025-10-25T18:00:00Z");
  const winter = new Date("2025-10-26T18:00:00Z");

  it("writes an instant in the contest's zone", () => {
    expect(formatInstant("en-GB", summer, "Europe/Kyiv")).toBe("25 Oct 2025, 21:00");
    expect(formatInstant("en-GB", summer, "UTC", true)).toBe("25 Oct 2025, 18:00:00");
  });
  it("names the zone where the viewer's clock shows another time", () => {
    expect(formatInstantThere("en-GB", summer, "Europe/Kyiv", "UTC")).toBe(
      "25 Oct 2025, 21:00 \u2068Europe/Kyiv\u2069",
    );
    expect(formatInstantThere("en-GB", summer, "Europe/Berlin", "Europe/Stockholm")).toBe(
      "25 Oct 2025, 20:00",
    );
  });
  it("writes Persian dates in the Persian calendar", () => {
    expect(formatInstant("fa-IR", summer, "UTC")).toContain("۱۴۰۴");
  });
  it("knows how far a zone is ahead", () => {
    expect(zoneOffsetMinutes(summer, "Europe/Kyiv")).toBe(180);
    expect(zoneOffsetMinutes(winter, "Europe/Kyiv")).toBe(120);
    expect(zoneOffsetMinutes(winter, "Asia/Kathmandu")).toBe(345);
  });
  it.each(["18:00:00Z", "18:00:29.999Z", "18:00:30Z", "18:00:59.999Z"])(
    "knows it at any second: %s",
    (time) => {
      const instant = new Date(`2025-10-25T${time}`);
      expect(zoneOffsetMinutes(instant, "UTC")).toBe(0);
      expect(zoneOffsetMinutes(instant, "Asia/Kathmandu")).toBe(345);
    },
  );
  it("sees no change of clocks between two sides of a half minute", () => {
    const [start, end] = [new Date("2025-10-25T18:00:10Z"), new Date("2025-10-25T19:00:45Z")];
    expect(clockChangesWithin(start, end, "UTC")).toBe(false);
    expect(clockChangesWithin(start, end, "Europe/Kyiv")).toBe(false);
  });
  it("sees the night on which clocks are set back, even inside a long window", () => {
    expect(clockChangesWithin(summer, winter, "Europe/Kyiv")).toBe(true);
    expect(clockChangesWithin(summer, winter, "UTC")).toBe(false);
    expect(
      clockChangesWithin(new Date("2025-01-10T00:00Z"), new Date("2025-12-10T00:00Z"), "Europe/Kyiv"),
    ).toBe(true);
  });
  it("falls back to UTC for a zone that nobody knows", () => {
    expect(knownZone("")).toBe("UTC");
    expect(knownZone("Mars/Olympus")).toBe("UTC");
    expect(knownZone("Europe/Kyiv")).toBe("Europe/Kyiv");
  });
  it("reads microseconds", () => {
    expect(instantOfMicros(1_761_415_200_000_000n).toISOString()).toBe("2025-10-25T18:00:00.000Z");
  });
});

describe("formatTimeLeft", () => {
  const hour = 3_600_000;
  it.each([
    ["en-GB", 2 * hour + 61_000, "02:01:01"],
    ["en-GB", 26 * hour, "1 day 02:00:00"],
    ["en-GB", 8 * 24 * hour + hour, "8 days"],
    ["en-GB", -5, "00:00:00"],
    ["fa-IR", 61_000, "۰۰:۰۱:۰۱"],
    ["zh-CN", 49 * hour, "2天 01:00:00"],
  ])("%s %i is %s", (tag, millis, text) => {
    expect(formatTimeLeft(tag, millis)).toBe(text);
  });
});
