/** LiveTiming bounds everything a live socket waits for, in milliseconds. */
export interface LiveTiming {
  /** First wait before a new attempt; it doubles from there. */
  readonly firstRetryMs: number;
  /** Longest wait before a new attempt. */
  readonly longestRetryMs: number;
  /** How long a broken connection goes unmentioned. */
  readonly reconnectingAfterMs: number;
  /** How long a connection must hold for its next break to count as the first. */
  readonly steadyAfterMs: number;
  /** How long token, opening and hello may take together. */
  readonly welcomeWithinMs: number;
  /** Time between two pings. */
  readonly pingEveryMs: number;
  /** How long any frame may take to come after a ping before the connection counts as dead. */
  readonly pongWithinMs: number;
  /** Shortest time between two resyncs of a board. */
  readonly resyncEveryMs: number;
  /** How long to wait before asking again for a board that the server could not give just then. */
  readonly askAgainMs: number;
  /** How long a page may be hidden before its connection is given up. */
  readonly pauseAfterMs: number;
}

/** defaultTiming is what players and operators get. */
export const defaultTiming: LiveTiming = {
  firstRetryMs: 500,
  longestRetryMs: 30_000,
  reconnectingAfterMs: 2_000,
  steadyAfterMs: 10_000,
  welcomeWithinMs: 10_000,
  pingEveryMs: 15_000,
  pongWithinMs: 10_000,
  resyncEveryMs: 1_000,
  askAgainMs: 5_000,
  pauseAfterMs: 5_000,
};
