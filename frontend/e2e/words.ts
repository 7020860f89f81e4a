import { readFileSync } from "node:fs";

/** A language the scenario runs in: how the browser asks for it, and how the studio writes it. */
export interface Language {
  readonly locale: "en" | "fa";
  readonly tag: string;
  readonly direction: "ltr" | "rtl";
}

export const languages: readonly Language[] = [
  { locale: "en", tag: "en-GB", direction: "ltr" },
  { locale: "fa", tag: "fa-IR", direction: "rtl" },
];

/** Writes what a person reads on the screen. */
export interface Words {
  /** The studio's sentence for an English one, from the same catalogue; fails when there is none. */
  say(english: string, values?: Readonly<Record<string, string>>): string;
  /** A whole number in the digits of the language. */
  count(value: number): string;
}

/** Reads the studio's catalogue, so that the test asks for the very words a translator wrote. */
export function wordsOf({ locale, tag }: Language): Words {
  const path = new URL(`../studio/src/locales/${locale}.po`, import.meta.url);
  const entries = readFileSync(path, "utf8").matchAll(/^msgid (".*")\nmsgstr (".*")$/gm);
  const catalogue = new Map<string, string>();
  for (const [, id = '""', text = '""'] of entries) {
    catalogue.set(JSON.parse(id) as string, JSON.parse(text) as string);
  }
  return {
    say(english, values = {}) {
      const text = catalogue.get(english);
      if (!text) throw new Error(`the ${locale} catalogue has no words for ${JSON.stringify(english)}`);
      return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? `{${name}}`);
    },
    count: (value) => new Intl.NumberFormat(tag).format(value),
  };
}
