const hourMillis = 3_600_000;

/** A contest that runs now: the sum of how many times the stake was won, in points. */
export function contestYaml(id: string, title: string, formula: string): string {
  const start = new Date(Date.now() - hourMillis).toISOString();
  const end = new Date(Date.now() + 24 * hourMillis).toISOString();
  return [
    "kind: Contest",
    `id: ${id}`,
    `title: ${title}`,
    `window: {start: "${start}", end: "${end}", tz: Europe/Kyiv}`,
    "scope: {markets: [E2E]}",
    "scoring:",
    `  formula: "${formula}"`,
    "leaderboard:",
    "  type: sum",
    "  tiebreaker: [highest_single_multiplier, earliest_finish_ts]",
    "",
  ].join("\n");
}

/** Line of the document that holds the text, from 1. */
export function lineOf(document: string, text: string): number {
  return document.split("\n").findIndex((line) => line.includes(text)) + 1;
}

/** A finished round that won `times` the stake. Each call is another round. */
export function round(user: string, times: number): object {
  const id = crypto.randomUUID();
  return {
    event_id: id,
    event_name: "round_end",
    ts: new Date().toISOString(),
    user_id: user,
    market: "E2E",
    brand: "X",
    game: { id: "g_1", provider: "Hacksaw", type: "slots" },
    bet: { amount_minor: 100, currency: "EUR" },
    win: { amount_minor: 100 * times, multiplier: times },
    round: { id, state: "ended", duration_ms: 2400 },
  };
}
