import { useState } from "react";
import { arrivalsBefore } from "./review.model.ts";

/** Rows of a list that grows at its top, held as they were. */
export interface Arrivals<Row> {
  readonly rows: readonly Row[];
  /** Rows that came since and wait. */
  readonly waiting: number;
  readonly show: () => void;
}

/** Lets new rows wait above a list until the reader asks for them: nothing moves under the pointer or the focus. */
export function useArrivals<Row>(latest: readonly Row[], keyOf: (row: Row) => string): Arrivals<Row> {
  const keys = latest.map(keyOf);
  const [first, setFirst] = useState<string>();
  if (first === undefined && keys[0] !== undefined) setFirst(keys[0]);
  const waiting = arrivalsBefore(keys, first);
  return { rows: latest.slice(waiting), waiting, show: () => setFirst(keys[0]) };
}
