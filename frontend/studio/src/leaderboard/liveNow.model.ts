import { ContestState } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import { type ContestFacts, titleOf } from "../contest/contest.model.ts";

/** Rows of the small board. */
export const liveNowRows = 5;

/** Longest time left that is counted down, in milliseconds; before that the end is named as a date. */
export const countedMillis = 99 * 86_400_000;

/** What the address says of the pulse. */
export interface PulseSearch {
  /** Contest to watch, by id. */
  readonly contest?: string;
}

/** Longest contest id. */
const contestIdLimit = 64;

/** Reads an address, leaving out what makes no sense. */
export function pulseSearch(search: Record<string, unknown>): PulseSearch {
  const { contest } = search;
  if (typeof contest !== "string" && typeof contest !== "number") return {};
  const id = String(contest);
  return id === "" || id.length > contestIdLimit ? {} : { contest: id };
}

/** The contests that are live, in the order given. */
export function liveContests<T extends Pick<ContestFacts, "state">>(contests: readonly T[]): T[] {
  return contests.filter(({ state }) => state === ContestState.LIVE);
}

/** The contest to watch: the one chosen while it is among the live ones, else the first of them. */
export function watchedContest<T extends Pick<ContestFacts, "id">>(
  live: readonly T[],
  chosen: string | undefined,
): T | undefined {
  return live.find(({ id }) => id === chosen) ?? live[0];
}

/** A contest as one of a choice. */
export interface ContestChoice {
  readonly value: string;
  readonly label: string;
}

/** The contests as a choice; where titles are the same the id tells them apart. */
export function contestChoices(contests: readonly Pick<ContestFacts, "id" | "title">[]): ContestChoice[] {
  const titles = contests.map(titleOf);
  return contests.map((contest) => {
    const title = titleOf(contest);
    const shared = titles.filter((each) => each === title).length > 1;
    return { value: contest.id, label: shared ? `${title} (${contest.id})` : title };
  });
}
