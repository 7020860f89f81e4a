import { formatCount, formatUnits, type Remaining } from "@laurel/client/live";
import { type Catalogue, catalogues, type Language } from "./catalogue.js";

/** Locale is how the widget speaks and writes numbers and times. */
export interface Locale {
  readonly language: Language;
  /** BCP 47 tag for numbers and dates, such as fa-IR. */
  readonly tag: string;
  readonly direction: "ltr" | "rtl";
  readonly texts: Catalogue;
}

const isLanguage = (name: string): name is Language => name in catalogues;

/** localeOf takes the first tag whose language the widget speaks, else English. A malformed tag is passed over. */
export function localeOf(...wishes: readonly (string | null | undefined)[]): Locale {
  for (const wish of wishes) {
    const tag = canonical(wish);
    const language = tag?.split("-")[0] ?? "";
    if (tag && isLanguage(language)) {
      return { language, tag, direction: language === "fa" ? "rtl" : "ltr", texts: catalogues[language] };
    }
  }
  return { language: "en", tag: "en", direction: "ltr", texts: catalogues.en };
}

function canonical(tag: string | null | undefined): string | undefined {
  try {
    return tag ? Intl.getCanonicalLocales(tag.replace("_", "-"))[0] : undefined;
  } catch {
    return undefined;
  }
}

/** Writer writes values for one locale. */
export class Writer {
  readonly locale: Locale;
  readonly #twoDigits: Intl.NumberFormat;
  readonly #days: Intl.NumberFormat;

  constructor(locale: Locale) {
    this.locale = locale;
    this.#twoDigits = new Intl.NumberFormat(locale.tag, { minimumIntegerDigits: 2 });
    this.#days = new Intl.NumberFormat(locale.tag, { style: "unit", unit: "day", unitDisplay: "long" });
  }

  get texts(): Catalogue {
    return this.locale.texts;
  }

  count(value: bigint | number): string {
    return formatCount(BigInt(value), this.locale.tag);
  }

  score(units: bigint, precision: number): string {
    return formatUnits(units, precision, this.locale.tag);
  }

  players(total: bigint): string {
    return this.texts.players(this.count(total), total === 1n);
  }

  /** A countdown such as 2 days 03:04:05; without days when there are none, without the rest from a week on. */
  countdown({ days, hours, minutes, seconds }: Remaining): string {
    const clock = [hours, minutes, seconds].map((value) => this.#twoDigits.format(value)).join(":");
    if (days >= 7) return this.#days.format(days);
    return days > 0 ? `${this.#days.format(days)} ${clock}` : clock;
  }

  /** The time of day in the viewer's zone, such as 14:03. */
  clock(millis: number): string {
    return new Intl.DateTimeFormat(this.locale.tag, { hour: "2-digit", minute: "2-digit" }).format(millis);
  }

  /** From start to end, with dates, in a zone; the viewer's when none is given. */
  range(startMillis: number, endMillis: number, timeZone?: string): string {
    return new Intl.DateTimeFormat(this.locale.tag, {
      day: "numeric",
      month: "short",
      year: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      ...(timeZone ? { timeZone } : {}),
    }).formatRange(startMillis, endMillis);
  }
}

/** A zone that this browser knows: one that it does not, such as of a contest that the server can't read, is shown as UTC. */
export function knownZone(zone: string): string {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone || "UTC" });
    return zone || "UTC";
  } catch {
    return "UTC";
  }
}
