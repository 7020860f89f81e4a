import type { CountedRound, TieBreakValue } from "@laurel/client/gen/laurel/v1/leaderboard_pb.js";

/** A value of the order, as the explanation reads it. */
export type OrderValue = Pick<TieBreakValue, "name" | "above" | "below" | "decided">;

/** A round that makes up a score. */
export type KeptRound = Pick<
  CountedRound,
  "eventId" | "units" | "multiplierMicros" | "durationMs" | "eventTs"
>;

/** What a value measures; it decides how the value is written. */
export type Measure = "units" | "multiplier" | "duration" | "instant" | "text";

const measures: Record<string, Measure> = {
  score: "units",
  highest_single_multiplier: "multiplier",
  fastest_rounds: "duration",
  earliest_finish_ts: "instant",
  user_id: "text",
};

/** What a value of the order measures; one that this studio doesn't know is written as a plain number. */
export function measureOf(name: string): Measure | "number" {
  return measures[name] ?? "number";
}

/** How far two values lie apart. */
export function distance(value: Pick<OrderValue, "above" | "below">): bigint {
  return value.above > value.below ? value.above - value.below : value.below - value.above;
}

/** The rounds of two players beside each other: the best of each, the second best of each and so on. */
export interface RoundPair<T> {
  /** From 1. */
  readonly rank: number;
  readonly above: T | undefined;
  readonly below: T | undefined;
}

/** Pairs rounds by their rank, so that it shows where the scores part. */
export function pairRounds<T>(above: readonly T[], below: readonly T[]): RoundPair<T>[] {
  const length = Math.max(above.length, below.length);
  return Array.from({ length }, (_, index) => ({
    rank: index + 1,
    above: above[index],
    below: below[index],
  }));
}

/** The sum of kept rounds, in units. */
export function totalUnits(rounds: readonly Pick<KeptRound, "units">[]): bigint {
  return rounds.reduce((total, round) => total + round.units, 0n);
}

/**
 * Heights for a chart: points as plain numbers. A chart draws pixels, so a float is good enough here and only here.
 */
export function chartPoints(rounds: readonly Pick<KeptRound, "units">[], precision: number): number[] {
  return rounds.map((round) => Number(round.units) / 10 ** precision);
}
