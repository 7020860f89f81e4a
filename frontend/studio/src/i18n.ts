import { i18n, type Messages } from "@lingui/core";

/** Languages the studio speaks; a new one is a new catalogue and a line here. */
export const locales = {
  en: { name: "English", tag: "en-GB", direction: "ltr" },
  zh: { name: "中文", tag: "zh-CN", direction: "ltr" },
  fa: { name: "فارسی", tag: "fa-IR", direction: "rtl" },
} as const;

export type Locale = keyof typeof locales;

const storageKey = "laurel.locale";

const catalogues: Record<Locale, () => Promise<{ messages: Messages }>> = {
  en: () => import("./locales/en.ts"),
  zh: () => import("./locales/zh.ts"),
  fa: () => import("./locales/fa.ts"),
};

function isLocale(value: string): value is Locale {
  return value in locales;
}

/** First language of the list that the studio speaks; English when there is none. */
export function pickLocale(wanted: readonly string[]): Locale {
  for (const tag of wanted) {
    const language = tag.slice(0, 2).toLowerCase();
    if (isLocale(language)) return language;
  }
  return "en";
}

/** The language chosen last in this browser, else the browser's own. */
export function preferredLocale(): Locale {
  let stored = "";
  try {
    stored = localStorage.getItem(storageKey) ?? "";
  } catch {
    // Storage may be switched off: the browser's languages decide.
  }
  return pickLocale([stored, ...navigator.languages]);
}

/** Loads a catalogue, makes it current and mirrors the document when the language reads from right to left. */
export async function activateLocale(locale: Locale): Promise<void> {
  const { messages } = await catalogues[locale]();
  document.documentElement.lang = locale;
  document.documentElement.dir = locales[locale].direction;
  i18n.loadAndActivate({ locale, messages });
}

/** Keeps a choice for the next visit. */
export function rememberLocale(locale: Locale): void {
  try {
    localStorage.setItem(storageKey, locale);
  } catch {
    // Without storage the choice holds until the page is closed.
  }
}

/** The current language, for formats. */
export function currentLocale(): Locale {
  return isLocale(i18n.locale) ? i18n.locale : "en";
}
