const digitsCache = new Map<string, readonly string[]>();

/** The ten digits of a locale's numbering system, such as ۰–۹ for Persian. */
function localDigits(locale: string): readonly string[] {
  let digits = digitsCache.get(locale);
  if (!digits) {
    const format = new Intl.NumberFormat(locale, { useGrouping: false });
    digits = Array.from({ length: 10 }, (_, digit) => format.format(digit));
    digitsCache.set(locale, digits);
  }
  return digits;
}

const formatCache = new Map<string, Intl.NumberFormat>();

function numberFormat(locale: string, precision: number): Intl.NumberFormat {
  const key = `${locale}/${precision}`;
  let format = formatCache.get(key);
  if (!format) {
    format = new Intl.NumberFormat(locale, {
      minimumFractionDigits: precision,
      maximumFractionDigits: precision,
    });
    formatCache.set(key, format);
  }
  return format;
}

/**
 * formatUnits writes a score of `units` in 10^-precision points (precision 0 to 20) the way the locale writes numbers.
 * No digit goes through a float: the whole part is formatted as a bigint, the fraction digit by digit.
 */
export function formatUnits(units: bigint, precision: number, locale: string): string {
  const scale = 10n ** BigInt(precision);
  const magnitude = units < 0n ? -units : units;
  const whole = magnitude / scale;
  const fraction = (magnitude % scale).toString().padStart(precision, "0");
  const digits = localDigits(locale);
  // Minus zero doesn't exist as a bigint, so a value between -1 and 0 borrows its sign from -1.
  const carrier = units < 0n ? (whole === 0n ? -1n : -whole) : whole;
  return numberFormat(locale, precision)
    .formatToParts(carrier)
    .map((part) => {
      if (part.type === "fraction") return fraction.replace(/\d/g, (digit) => digits[Number(digit)] ?? digit);
      if (part.type === "integer" && whole === 0n) return digits[0];
      return part.value;
    })
    .join("");
}

/** formatCount writes a whole 64-bit number the way the locale writes numbers. */
export function formatCount(count: bigint, locale: string): string {
  return formatUnits(count, 0, locale);
}

/** plainUnits writes a score for machines and the clipboard: ASCII digits, a point, no grouping. */
export function plainUnits(units: bigint, precision: number): string {
  const magnitude = (units < 0n ? -units : units).toString().padStart(precision + 1, "0");
  const sign = units < 0n ? "-" : "";
  if (precision === 0) return sign + magnitude;
  return `${sign}${magnitude.slice(0, -precision)}.${magnitude.slice(-precision)}`;
}
