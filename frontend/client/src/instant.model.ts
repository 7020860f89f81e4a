import type { Timestamp } from "@bufbuild/protobuf/wkt";
import type { Plain } from "./plain.js";

/** timeMillis is a timestamp in milliseconds since 1970, rounded towards zero; undefined stays undefined. */
export function timeMillis(value: Plain<Timestamp> | undefined): number | undefined {
  if (!value) return undefined;
  return Number(value.seconds) * 1000 + Math.trunc(value.nanos / 1_000_000);
}

/** Remaining is a stretch of time as a countdown shows it. */
export interface Remaining {
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
}

/** remaining splits milliseconds into days to seconds, each second counted until it is over; never below zero. */
export function remaining(millis: number): Remaining {
  const total = Math.max(0, Math.ceil(millis / 1000));
  return {
    days: Math.floor(total / 86_400),
    hours: Math.floor(total / 3600) % 24,
    minutes: Math.floor(total / 60) % 60,
    seconds: total % 60,
  };
}
