import type { Board } from "./board.model.js";
import type { Refusal } from "./frame.js";

/** Watch says which board to watch and how much of it. */
export interface Watch {
  readonly contestId: string;
  /** Rows from the top, 1 to 100. */
  readonly top: number;
  /** Rows above and below the player's own place, 0 to 10. */
  readonly around: number;
}

/** BoardListener hears what happens to one board. */
export interface BoardListener {
  /** The board changed; `cause` says by what. */
  onBoard(board: Board, cause: BoardCause): void;
  /** The server refused this board. It is asked for again by itself only when the server was overloaded or at fault. */
  onRefusal?(refusal: Refusal): void;
}

/** BoardCause is the kind of frame that changed a board. */
export type BoardCause = "snapshot" | "delta" | "own";

/** Subscription is one view of a watched board. */
export interface Subscription {
  /** The last whole board; undefined before the first snapshot. */
  readonly board: Board | undefined;
  /** Stops watching. */
  unsubscribe(): void;
}
