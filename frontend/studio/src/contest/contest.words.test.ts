import { ContestState } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import { setupI18n } from "@lingui/core";
import { describe, expect, it } from "vitest";
import { messages } from "../locales/en.ts";
import { boardLinkName } from "./contest.words.ts";

describe("boardLinkName", () => {
  it.each([
    [ContestState.SCHEDULED, "Live board"],
    [ContestState.LIVE, "Live board"],
    [ContestState.CLOSING, "Live board"],
    [ContestState.FINAL, "Final board"],
  ])("of state %i is %s", (state, name) => {
    const i18n = setupI18n({ locale: "en", messages: { en: messages } });
    expect(boardLinkName(i18n, state)).toBe(name);
    expect(boardLinkName(i18n, state, "Race")).toBe(`${name} of Race`);
  });
});
