import type { ConnectionState } from "@laurel/client/live";

/** Every detail carries the version of its shape. Fields may be added within a version; none changes its meaning. */
interface Detail {
  readonly version: 1;
  readonly contestId: string;
}

/** ReadyDetail comes once a contest: its first board is drawn. */
export interface ReadyDetail extends Detail {
  /** Players on the board. */
  readonly players: bigint;
}

/** RankChangeDetail tells that the followed player's place changed. Places count from 1; 0 is no standing yet. */
export interface RankChangeDetail extends Detail {
  readonly from: bigint;
  readonly to: bigint;
  /** Players on the board. */
  readonly players: bigint;
}

/** ConnectionDetail tells how the connection stands. */
export interface ConnectionDetail extends Detail {
  readonly state: ConnectionState;
}

/**
 * ErrorDetail tells what could not be done: invalid_argument, not_found, unauthenticated, permission_denied, resource_exhausted,
 * internal or token.
 */
export interface ErrorDetail extends Detail {
  readonly code: string;
  readonly message: string;
}

/** LaurelEvents are the events of the widget by name. All bubble and cross shadow roots. */
export interface LaurelEvents {
  "laurel-ready": CustomEvent<ReadyDetail>;
  "laurel-rank-change": CustomEvent<RankChangeDetail>;
  "laurel-connection": CustomEvent<ConnectionDetail>;
  "laurel-error": CustomEvent<ErrorDetail>;
}

type DetailOf<Name extends keyof LaurelEvents> = LaurelEvents[Name]["detail"];

/** emit sends one event from an element. */
export function emit<Name extends keyof LaurelEvents>(
  from: EventTarget,
  name: Name,
  detail: Omit<DetailOf<Name>, "version">,
): void {
  from.dispatchEvent(
    new CustomEvent(name, { bubbles: true, composed: true, detail: { version: 1, ...detail } }),
  );
}

declare global {
  interface HTMLElementEventMap extends LaurelEvents {}
}
