import { useState } from "react";
import { arrivalsBefore } from "./review.model.ts";

/** Rows of a list that grows at its top, held as they were. */
export interface Arrivals<Row> {
  readonly rows: readonly Row[];
  /** Rows that came since and wait. */
  readonly waiting: number;
  readonly show: () => void;
}

/**
 * Lets new rows wait above a list until the reader asks for them: nothing moves under the pointer or the focus. A list of another
 * text is another list; the text is undefined while its rows are on their way.
 */
export function useArrivals<Row>(
  latest: readonly Row[],
  keyOf: (row: Row) => string,
  text: string | undefined,
): Arrivals<Row> {
  const keys = latest.map(keyOf);
  const [shown, setShown] = useState<{ readonly text: string; readonly first: string | undefined }>({
    text: "",
    first: undefined,
  });
  const another = text !== undefined && text !== shown.text;
  if (another || (shown.first === undefined && keys[0] !== undefined)) {
    setShown({ text: text ?? shown.text, first: keys[0] });
  }
  const waiting = another ? 0 : arrivalsBefore(keys, shown.first);
  return { rows: latest.slice(waiting), waiting, show: () => setShown({ ...shown, first: keys[0] }) };
}
