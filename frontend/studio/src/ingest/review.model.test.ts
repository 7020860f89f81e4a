import { create, type JsonObject } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { EventSchema } from "@laurel/client/gen/laurel/v1/event_pb.js";
import { DeadLetterSchema, EventConflictSchema } from "@laurel/client/gen/laurel/v1/ingest_service_pb.js";
import { describe, expect, it } from "vitest";
import {
  arrivalsBefore,
  askedText,
  causeOf,
  causesOf,
  comparedFields,
  conflictKey,
  deadLetterKey,
  filterDeadLetters,
  reviewSearch,
} from "./review.model.ts";

const at = timestampFromDate(new Date("2026-11-20T13:34:08.937Z"));

function event(user: string, amountMinor: bigint, payload?: JsonObject) {
  return create(EventSchema, {
    eventId: "e_1",
    name: "round_end",
    user: { id: user },
    bet: { amountMinor: 100n, currency: "EUR" },
    win: { amountMinor, currency: "EUR" },
    ...(payload === undefined ? {} : { payload }),
  });
}

describe("comparedFields", () => {
  it("puts what differs first and keeps 64 bits exact", () => {
    const fields = comparedFields({
      stored: event("u_1", 9_007_199_254_740_991n),
      sent: event("u_1", 9_007_199_254_740_992n),
    });
    expect(fields[0]).toEqual({
      path: "win.amount_minor",
      stored: "9007199254740991",
      sent: "9007199254740992",
      differs: true,
    });
    expect(fields.filter(({ differs }) => differs)).toHaveLength(1);
    expect(fields.map(({ path }) => path)).toContain("bet.amount_minor");
  });
  it("shows what only one of the two has, at any depth", () => {
    const fields = comparedFields({
      stored: event("u_1", 5n),
      sent: event("u_2", 5n, { retry: { of: [1, 2], note: "سلام" }, empty: {} }),
    });
    expect(
      fields.filter(({ differs }) => differs).map(({ path, stored, sent }) => [path, stored, sent]),
    ).toEqual([
      ["user.id", "u_1", "u_2"],
      ["payload.retry.of", undefined, "[1,2]"],
      ["payload.retry.note", undefined, "سلام"],
      ["payload.empty", undefined, "{}"],
    ]);
  });
  it("shows what was sent where the journal no longer has the other", () => {
    const fields = comparedFields({ stored: undefined, sent: event("u_1", 5n) });
    expect(fields.map(({ path }) => path)).toContain("user.id");
    expect(fields.every(({ stored, differs }) => stored === undefined && differs)).toBe(true);
  });
  it("has nothing to say where neither is there", () => {
    expect(comparedFields({ stored: undefined, sent: undefined })).toEqual([]);
  });
});

const conflicts = [
  create(EventConflictSchema, {
    eventId: "e_1",
    refusedAt: at,
    stored: event("u_1", 1n),
    sent: event("u_9", 1n),
  }),
  create(EventConflictSchema, {
    eventId: "e_2",
    refusedAt: at,
    stored: event("u_2", 1n),
    sent: event("u_2", 2n),
  }),
];
const letters = [
  create(DeadLetterSchema, {
    eventId: "e_1",
    stage: "rule",
    reason: "contest a: division by zero",
    failedAt: at,
    contestId: "sprint",
    userId: "u_7",
    originEventId: "e_cause",
  }),
  create(DeadLetterSchema, { eventId: "e_1", stage: "rule", reason: "contest b: overflow", failedAt: at }),
  create(DeadLetterSchema, { eventId: "e_2", stage: "rule", reason: "contest b: overflow", failedAt: at }),
];

describe("filters", () => {
  it.each([
    [undefined, ""],
    ["  E_1 ", "E_1"],
    ["stake … is too high", "is too high"],
    ["…", ""],
    ["x".repeat(300), "x".repeat(128)],
    ["ب".repeat(100), "ب".repeat(64)],
  ])("%j asks the server for %j", (query, asked) => {
    expect(askedText(query)).toBe(asked);
  });
  it.each([
    [undefined, 3],
    ["what the server found", 3],
    ["nothing … like it", 0],
  ])("of what was found, dead letters with the cause %j", (query, count) => {
    expect(filterDeadLetters(letters, query)).toHaveLength(count);
  });
});

describe("keys", () => {
  it("tell apart two letters of one event at one time", () => {
    expect(new Set(letters.map(deadLetterKey)).size).toBe(3);
    expect(new Set(conflicts.map(conflictKey)).size).toBe(2);
  });
  it("survive the address", () => {
    for (const key of letters.map(deadLetterKey)) expect(reviewSearch({ show: key })).toEqual({ show: key });
  });
  it("order by time as text", () => {
    const early = create(EventConflictSchema, { eventId: "z", refusedAt: { seconds: 9n, nanos: 5 } });
    expect(conflictKey(early)).toBe("9.000000005-z");
  });
});

describe("causesOf", () => {
  it("counts reasons, the most frequent first", () => {
    expect(causesOf(letters)).toEqual([
      { cause: "contest b: overflow", count: 2 },
      { cause: "contest a: division by zero", count: 1 },
    ]);
  });
  it.each([
    [
      "formula: 2.1990220209849998e+12 points are beyond 2^53 units",
      "formula: … points are beyond 2^53 units",
    ],
    ["contest t_2026: takes -10432 from u-20260101", "contest t_2026: takes … from u-20260101"],
    ["at most 50", "at most 50"],
  ])("%j is of the cause %j", (reason, cause) => {
    expect(causeOf(reason)).toBe(cause);
    const [letter] = letters;
    if (letter === undefined) throw new Error("no letter");
    expect(filterDeadLetters([{ ...letter, reason }], cause)).toHaveLength(1);
  });
});

describe("reviewSearch", () => {
  it("leaves out what makes no sense and cuts what is too long", () => {
    expect(reviewSearch({ q: "", show: {}, page: 2 })).toEqual({});
    expect(reviewSearch({ q: 17 })).toEqual({ q: "17" });
    expect(reviewSearch({ q: "x".repeat(999) }).q).toHaveLength(300);
  });
});

describe("arrivalsBefore", () => {
  it.each([
    [["c", "b", "a"], "a", 2],
    [["a"], "a", 0],
    [["c", "b"], "a", 0],
    [[], undefined, 0],
  ])("%j before %j: %i", (keys, first, count) => {
    expect(arrivalsBefore(keys, first)).toBe(count);
  });
});
