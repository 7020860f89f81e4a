import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { remaining } from "@laurel/client";
import { isolate } from "./text.model.ts";

/** The instant of a message's time; undefined when it is unset. */
export function instantOf(timestamp: Timestamp | undefined): Date | undefined {
  return timestamp === undefined ? undefined : timestampDate(timestamp);
}

/** The instant of a count of microseconds since 1970. */
export function instantOfMicros(micros: bigint): Date {
  return new Date(Number(micros / 1_000n));
}

/** Most formats of times that are kept. */
const formatLimit = 256;

const formats = new Map<string, Intl.DateTimeFormat>();

/** The format of times in a language and a zone. It is kept: to make one takes a hundred times as long as to use it. */
function timeFormat(tag: string, options: Intl.DateTimeFormatOptions & { timeZone: string }) {
  const key = `${tag} ${JSON.stringify(options)}`;
  const kept = formats.get(key);
  if (kept !== undefined) return kept;
  const made = new Intl.DateTimeFormat(tag, options);
  if (formats.size >= formatLimit) formats.clear();
  formats.set(key, made);
  return made;
}

/** The zone to use for a contest: its own, or UTC where it names none or one this browser doesn't know. */
export function knownZone(zone: string): string {
  if (zone === "") return "UTC";
  try {
    // The name stays as it was written: browsers know some zones by an older name only.
    timeFormat("en", { timeZone: zone });
    return zone;
  } catch {
    return "UTC";
  }
}

/** The viewer's own zone. */
export function viewerZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Writes an instant in a zone, to the minute or to the second, in the calendar that is usual for the language. */
export function formatInstant(tag: string, instant: Date, zone: string, seconds = false): string {
  return timeFormat(tag, {
    timeZone: zone,
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: seconds ? "2-digit" : undefined,
    hourCycle: "h23",
  }).format(instant);
}

/** Writes an instant in a zone and names the zone, unless it shows the same time as the viewer's. */
export function formatInstantThere(
  tag: string,
  instant: Date,
  zone: string,
  viewer: string,
  seconds = false,
): string {
  const there = formatInstant(tag, instant, zone, seconds);
  return there === formatInstant(tag, instant, viewer, seconds) ? there : `${there} ${isolate(zone)}`;
}

/** Writes the time of day of an instant in a zone. */
export function formatTimeOfDay(tag: string, instant: Date, zone: string): string {
  return timeFormat(tag, {
    timeZone: zone,
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  }).format(instant);
}

/** Days from which a time left is told in whole days only. */
const wholeDays = 7;

/** Writes a time left such as 2 days 03:04:05: without days when there are none, without the rest from a week on. */
export function formatTimeLeft(tag: string, millis: number): string {
  const { days, hours, minutes, seconds } = remaining(millis);
  const twoDigits = new Intl.NumberFormat(tag, { minimumIntegerDigits: 2 });
  const clock = [hours, minutes, seconds].map((part) => twoDigits.format(part)).join(":");
  const inDays = new Intl.NumberFormat(tag, { style: "unit", unit: "day", unitDisplay: "long" }).format(days);
  if (days >= wholeDays) return inDays;
  return days > 0 ? `${inDays} ${clock}` : clock;
}

/** Minutes by which a zone is ahead of UTC at an instant; a fraction where it is ahead by odd seconds, as zones were before 1972. */
export function zoneOffsetMinutes(instant: Date, zone: string): number {
  const parts = timeFormat("en-US", {
    timeZone: zone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(instant);
  const part = (type: string): number => Number(parts.find((each) => each.type === type)?.value ?? "0");
  const date = [part("year"), part("month") - 1, part("day")] as const;
  const local = Date.UTC(...date, part("hour"), part("minute"), part("second"));
  // The clock shows whole seconds, so the instant counts from its second on.
  return (local - Math.floor(instant.getTime() / 1_000) * 1_000) / 60_000;
}

/**
 * Whether a zone's clock is set forward or back between two instants: a local time is then skipped or comes twice.
 * Looks at each week of the first 400 days: no clock was ever set forward and back within a week.
 */
export function clockChangesWithin(start: Date, end: Date, zone: string): boolean {
  const first = zoneOffsetMinutes(start, zone);
  const dayMillis = 86_400_000;
  const last = Math.min(end.getTime(), start.getTime() + 400 * dayMillis);
  for (let at = start.getTime() + 7 * dayMillis; at < last; at += 7 * dayMillis) {
    if (zoneOffsetMinutes(new Date(at), zone) !== first) return true;
  }
  return zoneOffsetMinutes(end, zone) !== first;
}
