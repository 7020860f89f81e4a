import { ContestState, type ContestSummary } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import { clockChangesWithin, instantOf, knownZone } from "../ui/time.model.ts";

/** What the list and the page read of a contest; the live socket's plain contest has it too. */
export type ContestFacts = Pick<
  ContestSummary,
  | "id"
  | "title"
  | "state"
  | "start"
  | "end"
  | "graceEnd"
  | "tz"
  | "type"
  | "n"
  | "players"
  | "markets"
  | "brands"
>;

/** The states in the order of a contest's life. */
export const contestStates = [
  ContestState.SCHEDULED,
  ContestState.LIVE,
  ContestState.CLOSING,
  ContestState.FINAL,
] as const;

export type KnownState = (typeof contestStates)[number];

/** How a state is written in an address. */
export type StateKey = "scheduled" | "live" | "closing" | "final";

const stateKeys: Record<KnownState, StateKey> = {
  [ContestState.SCHEDULED]: "scheduled",
  [ContestState.LIVE]: "live",
  [ContestState.CLOSING]: "closing",
  [ContestState.FINAL]: "final",
};

export function stateKey(state: KnownState): StateKey {
  return stateKeys[state];
}

export function stateOfKey(key: string | undefined): KnownState | undefined {
  return contestStates.find((state) => stateKeys[state] === key);
}

/** The state as one of the four; one that this studio doesn't know yet counts as scheduled. */
export function knownState(state: ContestState): KnownState {
  return contestStates.find((known) => known === state) ?? ContestState.SCHEDULED;
}

/** What the address says of the list. */
export interface ContestFilter {
  /** Part of id or title. */
  readonly q?: string;
  readonly state?: StateKey;
  readonly market?: string;
}

/** Longest text taken from an address. */
const filterTextLimit = 64;

/** Reads a filter from an address, leaving out what makes no sense. */
export function filterFromSearch(search: Record<string, unknown>): ContestFilter {
  const text = (value: unknown): string | undefined =>
    (typeof value === "string" || typeof value === "number") && String(value) !== ""
      ? String(value).slice(0, filterTextLimit)
      : undefined;
  const state = stateOfKey(text(search.state));
  return {
    q: text(search.q),
    state: state === undefined ? undefined : stateKeys[state],
    market: text(search.market),
  };
}

/** What the address says of a contest's page. */
export interface ContestSearch {
  /** Earlier version to compare the newest with. */
  readonly since?: number;
}

/** A version as an address names it; undefined where it makes no sense. */
function versionOf(value: unknown): number | undefined {
  const version = Number(value);
  return Number.isSafeInteger(version) && version > 0 && version <= 0x7fffffff ? version : undefined;
}

/** Reads an address, leaving out what makes no sense. */
export function contestSearch(search: Record<string, unknown>): ContestSearch {
  const since = versionOf(search.since);
  return since === undefined ? {} : { since };
}

/** What the address says of the editor. */
export interface EditSearch {
  /** Earlier version whose text the editor starts with. */
  readonly from?: number;
}

/** Reads an address, leaving out what makes no sense. */
export function editSearch(search: Record<string, unknown>): EditSearch {
  const from = versionOf(search.from);
  return from === undefined ? {} : { from };
}

/** What the server is asked for by a filter. */
export function requestOf(filter: ContestFilter): { text: string; market: string; states: ContestState[] } {
  const state = stateOfKey(filter.state);
  return {
    text: (filter.q ?? "").trim(),
    market: filter.market ?? "",
    states: state === undefined ? [] : [state],
  };
}

/** All markets that contests name, sorted. */
export function marketsOf(contests: readonly ContestFacts[]): string[] {
  return [...new Set(contests.flatMap((contest) => contest.markets))].toSorted();
}

/** When a contest runs: instants, its zone, and whether that zone's clock changes meanwhile. */
export interface ContestWindow {
  readonly start: Date | undefined;
  readonly end: Date | undefined;
  readonly graceEnd: Date | undefined;
  readonly zone: string;
  readonly clockChanges: boolean;
}

export function windowOf(contest: Pick<ContestFacts, "start" | "end" | "graceEnd" | "tz">): ContestWindow {
  const start = instantOf(contest.start);
  const end = instantOf(contest.end);
  const zone = knownZone(contest.tz);
  return {
    start,
    end,
    graceEnd: instantOf(contest.graceEnd),
    zone,
    clockChanges: start !== undefined && end !== undefined && clockChangesWithin(start, end, zone),
  };
}

/** A contest's title, or its id where it has none. */
export function titleOf(contest: { readonly id: string; readonly title: string }): string {
  return contest.title === "" ? contest.id : contest.title;
}

/** One step of the life cycle as the stepper draws it. */
export interface LifeStep {
  readonly state: KnownState;
  readonly position: "past" | "now" | "ahead";
  /** When the step begins; unset for the last, which begins when the grace is over and the standings are frozen. */
  readonly at: Date | undefined;
}

/** The four steps of a contest's life. */
export function lifeSteps(contest: Pick<ContestFacts, "state" | "start" | "end" | "graceEnd">): LifeStep[] {
  const current = knownState(contest.state);
  const beginnings: Record<KnownState, Date | undefined> = {
    [ContestState.SCHEDULED]: undefined,
    [ContestState.LIVE]: instantOf(contest.start),
    [ContestState.CLOSING]: instantOf(contest.end),
    [ContestState.FINAL]: instantOf(contest.graceEnd),
  };
  return contestStates.map((state) => ({
    state,
    position: state === current ? "now" : state < current ? "past" : "ahead",
    at: beginnings[state],
  }));
}
