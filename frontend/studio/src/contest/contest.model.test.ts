import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { ContestState } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import { describe, expect, it } from "vitest";
import {
  type ContestFacts,
  contestSearch,
  filterFromSearch,
  lifeSteps,
  marketsOf,
  requestOf,
  titleOf,
  windowOf,
} from "./contest.model.ts";

function contest(fields: Partial<ContestFacts>): ContestFacts {
  return {
    id: "c",
    title: "",
    state: ContestState.LIVE,
    start: timestampFromDate(new Date("2025-10-25T18:00:00Z")),
    end: timestampFromDate(new Date("2025-10-25T19:00:00Z")),
    graceEnd: timestampFromDate(new Date("2025-10-25T19:01:00Z")),
    tz: "Europe/Kyiv",
    type: "sum",
    n: 0,
    players: 0n,
    markets: [],
    brands: [],
    ...fields,
  };
}

describe("filter", () => {
  const sprint = contest({ id: "t_october_sprint", title: "October Sprint", markets: ["DE", "SE"] });
  it.each([
    [{}, { text: "", market: "", states: [] }],
    [{ q: " SPRINT " }, { text: "SPRINT", market: "", states: [] }],
    [
      { state: "final" as const, market: "SE" },
      { text: "", market: "SE", states: [ContestState.FINAL] },
    ],
  ])("%o asks the server for %o", (filter, request) => {
    expect(requestOf(filter)).toEqual(request);
  });
  it("reads an address and drops what makes no sense", () => {
    expect(filterFromSearch({ q: 42, state: "paused", market: "" })).toEqual({
      q: "42",
      state: undefined,
      market: undefined,
    });
    expect(filterFromSearch({ state: "live" }).state).toBe("live");
    expect(filterFromSearch({ q: "x".repeat(500) }).q).toHaveLength(64);
  });
  it("lists each market once", () => {
    expect(marketsOf([sprint, contest({ markets: ["SE", "AT"] })])).toEqual(["AT", "DE", "SE"]);
  });
});

describe("contestSearch", () => {
  it.each([
    [{ since: "3" }, { since: 3 }],
    [{ since: 0 }, {}],
    [{ since: "x" }, {}],
    [{ since: 2 ** 31 }, {}],
    [{}, {}],
  ])("%j is %j", (search, read) => {
    expect(contestSearch(search)).toEqual(read);
  });
});

describe("life", () => {
  it("divides the steps at the current one", () => {
    const steps = lifeSteps(contest({ state: ContestState.CLOSING }));
    expect(steps.map(({ position }) => position)).toEqual(["past", "past", "now", "ahead"]);
    expect(steps[2]?.at?.toISOString()).toBe("2025-10-25T19:00:00.000Z");
  });
  it("treats a state of a newer server as scheduled", () => {
    const steps = lifeSteps(contest({ state: 99 as ContestState }));
    expect(steps[0]?.position).toBe("now");
  });
});

describe("window", () => {
  it("warns when clocks change inside it", () => {
    expect(windowOf(contest({})).clockChanges).toBe(false);
    const overnight = contest({ end: timestampFromDate(new Date("2025-10-26T12:00:00Z")) });
    expect(windowOf(overnight).clockChanges).toBe(true);
    expect(windowOf({ ...overnight, tz: "UTC" }).clockChanges).toBe(false);
  });
  it("uses the id where there is no title", () => {
    expect(titleOf(contest({ id: "x" }))).toBe("x");
  });
});
