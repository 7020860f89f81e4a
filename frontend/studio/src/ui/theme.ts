import { type CSSVariablesResolver, createTheme, type MantineColorSchemeManager } from "@mantine/core";

/** The studio's look: laurel green, quiet greys, system fonts. Each text colour keeps a contrast of 4.5 or more. */
export const theme = createTheme({
  primaryColor: "laurel",
  primaryShade: { light: 8, dark: 7 },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  focusRing: "auto",
  fontFamily:
    'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Arabic", "Noto Sans SC", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  headings: { fontWeight: "650" },
  colors: {
    laurel: [
      "#eef8f2",
      "#dceee4",
      "#b5dcc6",
      "#8bc9a6",
      "#68b98b",
      "#52af79",
      "#2f8f5b",
      "#237a4b",
      "#17603f",
      "#0c4a2f",
    ],
  },
});

/** Variables that Mantine's own palette leaves too pale. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {
    "--laurel-row": "2.75rem",
  },
  light: {
    "--mantine-color-body": "#fbfcfb",
    "--mantine-color-dimmed": "#56605a",
    "--mantine-color-placeholder": "#66706a",
    "--mantine-color-error": "#b3261e",
    "--laurel-surface": "#ffffff",
    "--laurel-line": "#dfe5e1",
    "--laurel-accent-text": "#17603f",
    "--laurel-mark": "#fff4d6",
    "--laurel-good": "#17603f",
    "--laurel-warn": "#8a5300",
    "--laurel-bad": "#b3261e",
  },
  dark: {
    "--mantine-color-body": "#121513",
    "--mantine-color-dimmed": "#a3ada7",
    "--mantine-color-placeholder": "#96a09a",
    "--mantine-color-error": "#ff8a80",
    "--laurel-surface": "#1a1e1b",
    "--laurel-line": "#303733",
    "--laurel-accent-text": "#8bc9a6",
    "--laurel-mark": "#3a3112",
    "--laurel-good": "#8bc9a6",
    "--laurel-warn": "#ffc46b",
    "--laurel-bad": "#ff8a80",
  },
});

export type Scheme = "light" | "dark" | "auto";

const schemeKey = "laurel.scheme";

function isScheme(value: unknown): value is Scheme {
  return value === "light" || value === "dark" || value === "auto";
}

/** Keeps the colour scheme under the key that appearance.js reads before the first paint. */
export function schemeStorage(): MantineColorSchemeManager {
  let listener: ((event: StorageEvent) => void) | undefined;
  return {
    get: (fallback) => {
      try {
        const stored = localStorage.getItem(schemeKey);
        return isScheme(stored) ? stored : fallback;
      } catch {
        return fallback;
      }
    },
    set: (value) => {
      try {
        localStorage.setItem(schemeKey, value);
      } catch {
        // Without storage the choice holds until the page is closed.
      }
    },
    subscribe: (onUpdate) => {
      listener = (event) => {
        if (event.key === schemeKey && isScheme(event.newValue)) onUpdate(event.newValue);
      };
      window.addEventListener("storage", listener);
    },
    unsubscribe: () => {
      if (listener !== undefined) window.removeEventListener("storage", listener);
    },
    clear: () => {
      localStorage.removeItem(schemeKey);
    },
  };
}
