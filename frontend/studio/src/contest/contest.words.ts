import { ContestState } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import type { I18n } from "@lingui/core";
import { knownState } from "./contest.model.ts";

/** Name of a state. */
export function stateName(i18n: I18n, state: ContestState): string {
  switch (knownState(state)) {
    case ContestState.SCHEDULED:
      return i18n.t("Scheduled");
    case ContestState.LIVE:
      return i18n.t("Live");
    case ContestState.CLOSING:
      return i18n.t("Closing");
    case ContestState.FINAL:
      return i18n.t("Final");
  }
}

/** What a state means. */
export function stateMeaning(i18n: I18n, state: ContestState): string {
  switch (knownState(state)) {
    case ContestState.SCHEDULED:
      return i18n.t("Published, not started yet.");
    case ContestState.LIVE:
      return i18n.t("Rounds inside the window count.");
    case ContestState.CLOSING:
      return i18n.t("Ended; late events of the window still count.");
    case ContestState.FINAL:
      return i18n.t("Standings are frozen and hashed.");
  }
}

/** Words of a link to a contest's board; with the title where the link has to stand alone. */
export function boardLinkName(i18n: I18n, state: ContestState, title?: string): string {
  if (state === ContestState.FINAL) {
    return title === undefined ? i18n.t("Final board") : i18n.t("Final board of {title}", { title });
  }
  return title === undefined ? i18n.t("Live board") : i18n.t("Live board of {title}", { title });
}

/** How rounds make a score, in words. */
export function scoringName(i18n: I18n, type: string, n: number): string {
  switch (type) {
    case "sum":
      return i18n.t("Sum of all rounds");
    case "best_n_rounds":
      return i18n.t("{n, plural, one {Best round} other {Best # rounds}}", { n });
    case "max_multiplier":
      return i18n.t("Highest multiplier");
    case "count":
      return i18n.t("Number of rounds");
    case "last":
      return i18n.t("Last round");
    default:
      return type;
  }
}

/** Name of a value of the order: the score or a tie-break. */
export function orderValueName(i18n: I18n, name: string): string {
  switch (name) {
    case "score":
      return i18n.t("Score");
    case "highest_single_multiplier":
      return i18n.t("Highest single multiplier");
    case "fastest_rounds":
      return i18n.t("Fastest rounds");
    case "earliest_finish_ts":
      return i18n.t("Earliest finish");
    case "user_id":
      return i18n.t("User id");
    default:
      return name;
  }
}

/** How much is won and how it is shared, in words. */
export function poolName(i18n: I18n, amount: string, distribution: string): string {
  switch (distribution) {
    case "ladder":
      return i18n.t("{amount}, shared by place", { amount });
    case "proportional":
      return i18n.t("{amount}, shared in proportion to scores", { amount });
    case "raffle":
      return i18n.t("{amount}, drawn by lot", { amount });
    default:
      return `${amount}, ${distribution}`;
  }
}
