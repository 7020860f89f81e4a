const hourMillis = 3_600_000;
/** One window for all versions of a contest: once it is live its start can't change. */
const begun = Date.now() - hourMillis;

/**
 * A contest that runs now in a market of its own, so that no other test's rounds count in it: by default the sum of how many times
 * the stake was won.
 */
export function contestYaml(
  id: string,
  title: string,
  formula = "win.amount / bet.amount",
  market = "E2E",
): string {
  const start = new Date(begun).toISOString();
  const end = new Date(begun + 24 * hourMillis).toISOString();
  return [
    "kind: Contest",
    `id: ${id}`,
    `title: ${title}`,
    `window: {start: "${start}", end: "${end}", tz: Europe/Kyiv}`,
    `scope: {markets: [${market}]}`,
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

/** A finished round that won `times` the stake. Each call is another round, unless an event id is given. */
export function round(user: string, times: number, market = "E2E", id: string = crypto.randomUUID()): object {
  return {
    event_id: id,
    event_name: "round_end",
    ts: new Date().toISOString(),
    user_id: user,
    market,
    brand: "X",
    game: { id: "g_1", provider: "Hacksaw", type: "slots" },
    bet: { amount_minor: 100, currency: "EUR" },
    win: { amount_minor: 100 * times, multiplier: times },
    round: { id, state: "ended", duration_ms: 2400 },
  };
}
