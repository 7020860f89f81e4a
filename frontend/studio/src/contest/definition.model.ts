import type { Problem } from "@laurel/client/gen/laurel/v1/catalog_service_pb.js";

/** What the editor reads of a problem. */
export type ProblemFacts = Pick<Problem, "line" | "column" | "field" | "message">;

/** A stretch of a document, counted in characters from its start. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/**
 * Where a problem lies in a document: from its column to the end of its line, without leading blanks. A problem about the whole, or
 * one on a line that is gone by now, lies on the nearest line there is.
 */
export function stretchOf(document: string, problem: Pick<ProblemFacts, "line" | "column">): Stretch {
  const lines = document.split("\n");
  const index = Math.min(Math.max(problem.line, 1), lines.length) - 1;
  const start = lines.slice(0, index).reduce((total, line) => total + line.length + 1, 0);
  const text = lines[index] ?? "";
  const blanks = text.length - text.trimStart().length;
  const column = problem.column > 0 && problem.line > 0 ? Math.min(problem.column - 1, text.length) : blanks;
  const from = start + (column === text.length ? Math.min(blanks, text.length) : column);
  return { from, to: Math.max(from, start + text.trimEnd().length) };
}

/** Problems in the order a reader meets them; those about the whole come first. */
export function inOrder<T extends ProblemFacts>(problems: readonly T[]): T[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

/** A problem as one line of text. */
export function problemText(problem: ProblemFacts): string {
  return problem.field === "" ? problem.message : `${problem.field}: ${problem.message}`;
}

/** The document without differences that don't matter for "has it changed": line ends and trailing blanks. */
function settled(document: string): string {
  return document
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .join("\n")
    .trimEnd();
}

export function hasChanged(before: string, after: string): boolean {
  return settled(before) !== settled(after);
}

const hourMillis = 3_600_000;

function toTheMinute(instant: Date): string {
  return `${instant.toISOString().slice(0, 16)}Z`;
}

/** An example contest that starts at the last full hour and runs for a day, so that publishing it makes it live at once. */
export function exampleContest(now: Date, zone: string): string {
  const start = new Date(Math.floor(now.getTime() / hourMillis) * hourMillis);
  const end = new Date(start.getTime() + 24 * hourMillis);
  return `# Players race for the best twenty rounds. Change what you like; problems show at their line.
kind: Contest
id: t_example_sprint
title: Example sprint
window:
  start: ${toTheMinute(start)}
  end: ${toTheMinute(end)}
  tz: ${zone}
  grace_seconds: 60 # late events still count that long
scope:
  markets: [] # empty: open to each market
scoring:
  formula: "min(win.amount / bet.amount, 50.0) * 100.0" # the multiplier, at most 50, times 100
  min_bet_minor: 10
leaderboard:
  type: best_n_rounds # the sum of a player's best n rounds
  n: 20
  tiebreaker: [highest_single_multiplier, earliest_finish_ts]
prizes:
  pool: {currency: EUR, total_minor: 1000000}
  distribution: ladder
`;
}
