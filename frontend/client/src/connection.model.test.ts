import { describe, expect, it } from "vitest";
import { closingOf } from "./closing.model.js";
import { type ConnectionFacts, connectionState, retryDelay } from "./connection.model.js";
import { remaining, timeMillis } from "./instant.model.js";
import { socketUrl } from "./socket-url.js";
import { renewalWait, tokenExpiry } from "./token.model.js";

const facts: ConnectionFacts = {
  started: true,
  unauthorised: false,
  paused: false,
  welcomed: false,
  everWelcomed: false,
  online: true,
  overdue: false,
};

describe("connectionState", () => {
  it.each([
    ["idle", { started: false }],
    ["connecting", {}],
    ["live", { welcomed: true }],
    ["live", { everWelcomed: true }],
    ["reconnecting", { everWelcomed: true, overdue: true }],
    ["reconnecting", { overdue: true }],
    ["offline", { everWelcomed: true, online: false }],
    ["live", { welcomed: true, online: false }],
    ["paused", { everWelcomed: true, paused: true, overdue: true }],
    ["unauthorised", { unauthorised: true, overdue: true }],
  ] as const)("%s from %o", (expected, change) => {
    expect(connectionState({ ...facts, ...change })).toBe(expected);
  });
});

describe("retryDelay", () => {
  const bounds = { firstMs: 500, longestMs: 30_000 };

  it("doubles up to the longest", () => {
    expect([0, 1, 2, 6, 7, 1000].map((attempt) => retryDelay(attempt, bounds, 0.999999))).toEqual([
      500, 1000, 2000, 30_000, 30_000, 30_000,
    ]);
  });

  it("spreads clients over the upper half", () => {
    expect(retryDelay(3, bounds, 0)).toBe(2000);
    expect(retryDelay(3, bounds, 0.5)).toBe(3000);
  });
});

describe("closingOf", () => {
  it.each([
    [4001, "token"],
    [4000, "wait"],
    [4029, "wait"],
    [1006, "again"],
    [1012, "again"],
    [1013, "again"],
    [4008, "again"],
  ] as const)("%i asks for %s", (code, expected) => {
    expect(closingOf(code)).toBe(expected);
  });
});

describe("a token", () => {
  const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.sig`;

  it("says when it runs out", () => {
    expect(tokenExpiry(jwt({ exp: 1_700_000_000, sub: "ÿ?~" }))).toBe(1_700_000_000_000);
  });

  it.each(["", "opaque", "a.b.c", jwt({}), jwt({ exp: "soon" })])("may say nothing readable: %s", (token) => {
    expect(tokenExpiry(token)).toBeUndefined();
  });

  it("is renewed a minute before, or a tenth when it is short, and never in a storm", () => {
    expect(renewalWait(900_000, 0)).toBe(840_000);
    expect(renewalWait(100_000, 0)).toBe(90_000);
    expect(renewalWait(0, 10_000)).toBe(1000);
  });
});

describe("remaining", () => {
  it("counts a second until it is over and never goes below zero", () => {
    expect(remaining(90_061_000)).toEqual({ days: 1, hours: 1, minutes: 1, seconds: 1 });
    expect(remaining(1)).toEqual({ days: 0, hours: 0, minutes: 0, seconds: 1 });
    expect(remaining(-5)).toEqual({ days: 0, hours: 0, minutes: 0, seconds: 0 });
  });
});

describe("timeMillis", () => {
  it("reads seconds and nanoseconds", () => {
    expect(timeMillis({ seconds: 1_700_000_000n, nanos: 987_654_321 })).toBe(1_700_000_000_987);
    expect(timeMillis(undefined)).toBeUndefined();
  });
});

describe("socketUrl", () => {
  it.each([
    ["https://a.example", "wss://a.example/ws"],
    ["http://a.example:8080/", "ws://a.example:8080/ws"],
    ["https://a.example/laurel", "wss://a.example/laurel/ws"],
  ])("%s", (base, expected) => {
    expect(socketUrl(base)).toBe(expected);
  });
});
