import { ContestState } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import { describe, expect, it } from "vitest";
import { contestChoices, liveContests, pulseSearch, watchedContest } from "./liveNow.model.ts";

const sprint = { id: "sprint", title: "Sprint", state: ContestState.LIVE };
const cup = { id: "cup", title: "", state: ContestState.LIVE };
const live = [sprint, cup];
const others = [
  ContestState.SCHEDULED,
  ContestState.CLOSING,
  ContestState.FINAL,
  ContestState.UNSPECIFIED,
].map((state) => ({ id: `other_${state}`, title: "", state }));

describe("liveContests", () => {
  it("are those whose rounds count now, in the server's order", () => {
    expect(liveContests([...others, cup, sprint])).toEqual([cup, sprint]);
    expect(liveContests(others)).toEqual([]);
  });
});

describe("watchedContest", () => {
  it.each([
    [undefined, "sprint"],
    ["cup", "cup"],
    ["ended", "sprint"],
  ])("chosen %s is %s", (chosen, id) => {
    expect(watchedContest(live, chosen)?.id).toBe(id);
  });
  it("is none while nothing is live", () => {
    expect(watchedContest([], "cup")).toBeUndefined();
  });
});

describe("contestChoices", () => {
  it("are titles, or ids where there is none", () => {
    expect(contestChoices(live)).toEqual([
      { value: "sprint", label: "Sprint" },
      { value: "cup", label: "cup" },
    ]);
  });
  it("tells contests of one title apart", () => {
    const twins = [
      { id: "a", title: "Daily" },
      { id: "b", title: "Daily" },
    ];
    expect(contestChoices(twins).map(({ label }) => label)).toEqual(["Daily (a)", "Daily (b)"]);
  });
});

describe("pulseSearch", () => {
  it.each([
    [{ contest: "cup" }, { contest: "cup" }],
    [{ contest: 2026 }, { contest: "2026" }],
    [{ contest: "" }, {}],
    [{ contest: "x".repeat(65) }, {}],
    [{ contest: { id: "cup" } }, {}],
    [{}, {}],
  ])("%o reads as %o", (search, expected) => {
    expect(pulseSearch(search)).toEqual(expected);
  });
});
