import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Announcer } from "./announcer.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("Announcer", () => {
  it("says the first at once, then only the last of each interval", () => {
    const said: string[] = [];
    const announcer = new Announcer((sentence) => said.push(sentence), 1000);
    for (const place of ["5", "4", "3"]) announcer.say(place);
    expect(said).toEqual(["5"]);
    vi.advanceTimersByTime(999);
    expect(said).toEqual(["5"]);
    vi.advanceTimersByTime(1);
    expect(said).toEqual(["5", "3"]);
    announcer.say("2");
    vi.advanceTimersByTime(1000);
    expect(said).toEqual(["5", "3", "2"]);
    vi.advanceTimersByTime(1000);
    announcer.say("1");
    expect(said).toEqual(["5", "3", "2", "1"]);
  });

  it("says nothing more once stopped", () => {
    const said: string[] = [];
    const announcer = new Announcer((sentence) => said.push(sentence), 1000);
    announcer.say("a");
    announcer.say("b");
    announcer.stop();
    vi.advanceTimersByTime(5000);
    expect(said).toEqual(["a"]);
  });
});
