import { useLingui } from "@lingui/react";
import { useMemo } from "react";
import { locales, pickLocale } from "../i18n.ts";
import {
  formatCount,
  formatDecimal,
  formatMicroseconds,
  formatMillionths,
  formatUnits,
} from "./number.model.ts";
import {
  formatInstant,
  formatInstantThere,
  formatTimeLeft,
  formatTimeOfDay,
  viewerZone,
} from "./time.model.ts";

/** Formats in the current language: numbers are exact, instants are written in the zone that is asked for. */
export interface Format {
  readonly tag: string;
  readonly zone: string;
  units(units: bigint, precision: number): string;
  count(count: bigint | number): string;
  decimal(value: number): string;
  millionths(micros: bigint): string;
  microseconds(micros: bigint): string;
  instant(instant: Date, zone: string, seconds?: boolean): string;
  /** An instant in a zone, with the zone's name where it isn't the viewer's own. */
  instantThere(instant: Date, zone: string, seconds?: boolean): string;
  timeOfDay(instant: Date, zone: string): string;
  timeLeft(millis: number): string;
}

/** Formats in the language of a tag. */
export function formatIn(tag: string): Format {
  return {
    tag,
    zone: viewerZone(),
    units: (units, precision) => formatUnits(tag, units, precision),
    count: (count) => formatCount(tag, count),
    decimal: (value) => formatDecimal(tag, value),
    millionths: (micros) => formatMillionths(tag, micros),
    microseconds: (micros) => formatMicroseconds(tag, micros),
    instant: (instant, zone, seconds) => formatInstant(tag, instant, zone, seconds),
    instantThere: (instant, zone, seconds) => formatInstantThere(tag, instant, zone, viewerZone(), seconds),
    timeOfDay: (instant, zone) => formatTimeOfDay(tag, instant, zone),
    timeLeft: (millis) => formatTimeLeft(tag, millis),
  };
}

export function useFormat(): Format {
  const { i18n } = useLingui();
  const tag = locales[pickLocale([i18n.locale])].tag;
  return useMemo(() => formatIn(tag), [tag]);
}
