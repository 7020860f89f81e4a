import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { Board, ConnectionState } from "@laurel/client";
import { ContestState } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import { describe, expect, it } from "vitest";
import { connectionTrouble, placesAsOf } from "./connection.model.ts";

const pushed: Board = {
  contestId: "c",
  epoch: 1n,
  revision: 1n,
  contest: undefined,
  top: [],
  total: 0n,
  stale: false,
  me: undefined,
};

describe("connectionTrouble", () => {
  it.each([
    ["reconnecting", pushed, "broken"],
    ["reconnecting", undefined, "missing"],
    ["offline", pushed, "offline"],
    ["unauthorised", undefined, "unauthorised"],
    ["live", undefined, undefined],
    ["connecting", undefined, undefined],
    ["paused", pushed, undefined],
  ] as const)("%s: %#", (state, board, trouble) => {
    expect(connectionTrouble({ state, board }, ContestState.LIVE)).toBe(trouble);
    expect(connectionTrouble({ state, board }, ContestState.CLOSING)).toBe(trouble);
  });
  it.each<ConnectionState>(["reconnecting", "offline", "unauthorised"])(
    "is none where nothing moves: %s",
    (state) => {
      for (const board of [pushed, undefined]) {
        expect(connectionTrouble({ state, board }, ContestState.FINAL)).toBeUndefined();
      }
    },
  );
});

describe("placesAsOf", () => {
  const heard = new Date("2026-11-21T10:00:00Z");
  const read = new Date("2026-11-21T10:05:00Z");
  const fallback = { asOf: timestampFromDate(read) };
  it("is the last frame of a board that was pushed", () => {
    expect(placesAsOf({ board: pushed, heardAt: heard.getTime() }, fallback)).toEqual(heard);
  });
  it("is when the places were read where none was pushed, whatever was heard of other boards", () => {
    expect(placesAsOf({ board: undefined, heardAt: undefined }, fallback)).toEqual(read);
    expect(placesAsOf({ board: undefined, heardAt: heard.getTime() }, fallback)).toEqual(read);
  });
  it("is unknown while nothing is shown", () => {
    expect(placesAsOf({ board: undefined, heardAt: heard.getTime() }, undefined)).toBeUndefined();
  });
});
