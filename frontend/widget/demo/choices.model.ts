import { type DemoLanguage, demoTexts } from "./demo-catalogue.js";

/** Choices is what the page's address says. */
export interface Choices {
  readonly contest: string;
  readonly locale: DemoLanguage;
  readonly theme: "auto" | "light" | "dark";
  readonly density: "comfortable" | "compact";
  readonly brand: "laurel" | "ocean" | "ember";
  /** User id to follow; empty for an anonymous reader. */
  readonly player: string;
}

const oneOf = <Name extends string>(
  names: readonly Name[],
  wish: string | null | undefined,
  other: Name,
): Name => names.find((name) => name === wish) ?? other;

const languages = Object.keys(demoTexts) as DemoLanguage[];

/** choicesOf reads the address; anything unknown falls back, the language to the browser's. */
export function choicesOf(query: URLSearchParams, browserLanguage: string): Choices {
  const spoken = oneOf(languages, browserLanguage.split("-")[0], "en");
  return {
    contest: query.get("contest") ?? "",
    locale: oneOf(languages, query.get("locale")?.split("-")[0], spoken),
    theme: oneOf(["auto", "light", "dark"], query.get("theme"), "auto"),
    density: oneOf(["comfortable", "compact"], query.get("density"), "comfortable"),
    brand: oneOf(["laurel", "ocean", "ember"], query.get("brand"), "laurel"),
    player: query.get("player") ?? "",
  };
}

/** queryOf writes choices into the address, leaving out what is empty. */
export function queryOf(choices: Choices): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(choices)) if (value) query.set(name, value as string);
  return `?${query.toString()}`;
}

/** Tournament is what the page reads of an entry of GET /v1/tournaments. */
export interface Tournament {
  readonly id: string;
  readonly title?: string;
  readonly status: string;
}

const liveliness = ["live", "closing", "final", "scheduled"];

/** pickTournament takes the first live one, else the one most worth looking at. */
export function pickTournament(list: readonly Tournament[]): Tournament | undefined {
  for (const status of liveliness) {
    const found = list.find((tournament) => tournament.status === status);
    if (found) return found;
  }
  return list[0];
}

const attribute = (value: string): string =>
  value.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

/** snippetOf is the code a customer copies for these choices. */
export function snippetOf(choices: Choices, origin: string): string {
  const { contest, locale, theme, density, player } = choices;
  const lines = [
    '<script type="module"',
    `  src="${origin}/widget/laurel.js"></script>`,
    "",
    "<laurel-leaderboard",
    `  contest-id="${attribute(contest || "your_contest")}"`,
    `  locale="${locale}"`,
    `  theme="${theme}"`,
    ...(density === "compact" ? ['  density="compact"'] : []),
    "></laurel-leaderboard>",
  ];
  if (player) {
    lines.push(
      "",
      '<script type="module">',
      "  const board = document",
      '    .querySelector("laurel-leaderboard");',
      "  board.tokenProvider = async () => {",
      '    const answer = await fetch("/your/token");',
      "    return answer.text();",
      "  };",
      "</script>",
    );
  }
  return lines.join("\n");
}
