/** Most decimal places a number may have: those of an amount in the finest currency. Scores have at most four. */
const precisionLimit = 12;

/**
 * Writes an integer of 10^-precision units as a decimal, exactly: no float is involved, so that 2^63-1 comes out as it went in.
 */
export function decimalText(units: bigint, precision: number): string {
  const places = Math.min(Math.max(Math.trunc(precision), 0), precisionLimit);
  const negative = units < 0n;
  const digits = (negative ? -units : units).toString().padStart(places + 1, "0");
  const whole = digits.slice(0, digits.length - places);
  const fraction = places === 0 ? "" : `.${digits.slice(-places)}`;
  return `${negative ? "-" : ""}${whole}${fraction}`;
}

/** Writes units in the digits and separators of a language, exactly. */
export function formatUnits(tag: string, units: bigint, precision: number): string {
  const places = Math.min(Math.max(Math.trunc(precision), 0), precisionLimit);
  const format = new Intl.NumberFormat(tag, {
    minimumFractionDigits: places,
    maximumFractionDigits: places,
  });
  // Intl formats a decimal text without going through a float.
  return format.format(decimalText(units, places) as Intl.StringNumericLiteral);
}

/** Writes a whole number in the digits and separators of a language, exactly. */
export function formatCount(tag: string, count: bigint | number): string {
  return new Intl.NumberFormat(tag, { maximumFractionDigits: 0 }).format(count);
}

/** Writes a decimal number with the places that it has. */
export function formatDecimal(tag: string, value: number): string {
  return new Intl.NumberFormat(tag, { maximumFractionDigits: 20 }).format(value);
}

/** Writes a multiplier given in millionths, with as many decimal places as it needs. */
export function formatMillionths(tag: string, micros: bigint): string {
  const negative = micros < 0n;
  const digits = (negative ? -micros : micros).toString().padStart(7, "0");
  const text = `${negative ? "-" : ""}${digits.slice(0, -6)}.${digits.slice(-6)}`;
  return new Intl.NumberFormat(tag, { maximumFractionDigits: 6 }).format(text as Intl.StringNumericLiteral);
}

/** Writes a duration in microseconds with the unit that suits its size: µs, ms or s. */
export function formatMicroseconds(tag: string, micros: bigint): string {
  const value = Number(micros);
  const unit = (name: string, amount: number, places: number): string =>
    new Intl.NumberFormat(tag, {
      style: "unit",
      unit: name,
      unitDisplay: "short",
      maximumFractionDigits: places,
    }).format(amount);
  if (value > 0 && value < 1_000) return unit("microsecond", value, 0);
  if (value < 10_000) return unit("millisecond", value / 1_000, 1);
  if (value < 1_000_000) return unit("millisecond", value / 1_000, 0);
  return unit("second", value / 1_000_000, 1);
}
