/**
 * ConnectionState is what a screen says about the connection.
 *
 * - `idle`: not started, or closed for good
 * - `connecting`: first attempt, nothing was shown yet
 * - `live`: frames come, or the connection broke less than two seconds ago
 * - `reconnecting`: broken for longer
 * - `offline`: broken, and the device says it has no network
 * - `paused`: the page is hidden
 * - `unauthorised`: the server refused the token; only a new one helps
 */
export type ConnectionState =
  | "idle"
  | "connecting"
  | "live"
  | "reconnecting"
  | "offline"
  | "paused"
  | "unauthorised";

/** ConnectionFacts is what the state follows from. */
export interface ConnectionFacts {
  readonly started: boolean;
  readonly unauthorised: boolean;
  readonly paused: boolean;
  /** The server answered hello and the socket is open. */
  readonly welcomed: boolean;
  /** It was welcomed at least once before. */
  readonly everWelcomed: boolean;
  /** What the device says of its network. */
  readonly online: boolean;
  /** Broken for longer than a reader should be spared the news. */
  readonly overdue: boolean;
}

/** connectionState derives the state from the facts, the strongest reason first. */
export function connectionState(facts: ConnectionFacts): ConnectionState {
  if (!facts.started) return "idle";
  if (facts.unauthorised) return "unauthorised";
  if (facts.paused) return "paused";
  if (facts.welcomed) return "live";
  if (!facts.online) return "offline";
  if (facts.overdue) return "reconnecting";
  return facts.everWelcomed ? "live" : "connecting";
}

/** Backoff bounds the wait before a new attempt, in milliseconds. */
export interface Backoff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/**
 * retryDelay is the wait before attempt number `attempt` (from 0), in milliseconds: it doubles up to the longest and is
 * then drawn from its upper half, so that clients that lost the same server don't come back in one wave.
 * `random` is in [0, 1).
 */
export function retryDelay(attempt: number, backoff: Backoff, random: number): number {
  const ceiling = Math.min(backoff.longestMs, backoff.firstMs * 2 ** Math.min(attempt, 30));
  return Math.round(ceiling * (0.5 + random / 2));
}
