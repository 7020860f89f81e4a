import type { PulsePoint, StageLatency } from "@laurel/client/gen/laurel/v1/telemetry_service_pb.js";

/** The figures of a second that the pulse reads; a message has them, so does a literal in a test. */
export type Second = Pick<
  PulsePoint,
  "at" | "accepted" | "duplicates" | "rejected" | "folded" | "lagMs" | "sockets"
> & { readonly stages: readonly Pick<StageLatency, "stage" | "p95Micros">[] };

/** Seconds over which "now" is averaged, so that one uneven second doesn't make the figure jump. */
const nowSeconds = 3;

/** Age of the oldest unfolded event, in milliseconds, from which the engine counts as behind. */
export const lagLimitMillis = 2_000n;

/** What the pulse shows at a glance. */
export interface Pulse {
  /** Events accepted a second, over the last three. */
  readonly acceptedNow: number;
  /** Events folded a second, over the last three. */
  readonly foldedNow: number;
  /** Age of the oldest event that isn't folded, in milliseconds. */
  readonly lagMillis: bigint;
  readonly duplicates: bigint;
  readonly rejected: bigint;
  readonly accepted: bigint;
  readonly sockets: bigint;
  /** Newest 95th percentile, in microseconds; undefined when nothing was measured in the window. */
  readonly p95: Readonly<Record<Stage, bigint | undefined>>;
}

export type Stage = "ingest" | "rule" | "board" | "push";

function sum(points: readonly Second[], field: "accepted" | "duplicates" | "rejected" | "folded"): bigint {
  return points.reduce((total, point) => total + point[field], 0n);
}

function newestMeasured(points: readonly Second[], stage: Stage): bigint | undefined {
  return points.flatMap(({ stages }) => stages.filter((took) => took.stage === stage)).at(-1)?.p95Micros;
}

/** Sums up the seconds of a window, oldest first. */
export function pulseOf(points: readonly Second[]): Pulse {
  const recent = points.slice(-nowSeconds);
  const seconds = Math.max(recent.length, 1);
  const last = points.at(-1);
  return {
    acceptedNow: Math.round(Number(sum(recent, "accepted")) / seconds),
    foldedNow: Math.round(Number(sum(recent, "folded")) / seconds),
    lagMillis: last?.lagMs ?? 0n,
    accepted: sum(points, "accepted"),
    duplicates: sum(points, "duplicates"),
    rejected: sum(points, "rejected"),
    sockets: last?.sockets ?? 0n,
    p95: {
      ingest: newestMeasured(points, "ingest"),
      rule: newestMeasured(points, "rule"),
      board: newestMeasured(points, "board"),
      push: newestMeasured(points, "push"),
    },
  };
}

/** What the engine is doing, for the one line on top. */
export type Health = "unreachable" | "behind" | "idle" | "flowing";

/** Derives the health, the strongest reason first. */
export function healthOf(pulse: Pulse, reachable: boolean): Health {
  if (!reachable) return "unreachable";
  if (pulse.lagMillis > lagLimitMillis) return "behind";
  return pulse.acceptedNow === 0 && pulse.foldedNow === 0 ? "idle" : "flowing";
}

/** The lines of the chart: times in milliseconds since 1970 and a value each. */
export interface PulseLines {
  readonly accepted: readonly (readonly [number, number])[];
  readonly folded: readonly (readonly [number, number])[];
  readonly lag: readonly (readonly [number, number])[];
}

export function linesOf(points: readonly Second[]): PulseLines {
  const line = (field: "accepted" | "folded" | "lagMs"): [number, number][] =>
    points.map((point) => [Number(point.at?.seconds ?? 0n) * 1_000, Number(point[field])]);
  return { accepted: line("accepted"), folded: line("folded"), lag: line("lagMs") };
}

/** Whether anything came in within the window, accepted or not. */
export function sawEvents(points: readonly Second[]): boolean {
  return points.some((point) => point.accepted + point.duplicates + point.rejected + point.folded > 0n);
}

/** The command that sends a first event to a server. The key is the reader's to fill in. */
export function firstEventCommand(origin: string, now: Date): string {
  const event = {
    event_id: "e_first",
    event_name: "round_end",
    ts: now.toISOString(),
    user_id: "u_123",
    market: "DE",
    brand: "X",
    game: { id: "g_77", provider: "PragmaticPlay", type: "slots" },
    bet: { amount_minor: 100, currency: "EUR" },
    win: { amount_minor: 250, multiplier: 2.5 },
    round: { id: "r_1", state: "ended", duration_ms: 2400 },
  };
  return [
    `curl -X POST ${origin}/v1/events \\`,
    `  -H "Authorization: Bearer $LAUREL_API_KEY" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '${JSON.stringify(event)}'`,
  ].join("\n");
}
