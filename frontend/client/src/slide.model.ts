/** RowTop is where a row of a board stands: its key and its upper edge in pixels. */
export interface RowTop {
  readonly key: string;
  readonly top: number;
}

/**
 * slideStarts is where each of the rows starts its slide, by its order in after. A row that was there starts where it
 * was. A newcomer starts in the place a row has left, else in the lowest of all: so that at no moment a whole place
 * stands empty, and no newcomer lies hidden under the rows that make room for it. The first rows of all don't slide.
 */
export function slideStarts(before: ReadonlyMap<string, number>, after: readonly RowTop[]): number[] {
  const there = new Set(after.map(({ key }) => key));
  const left = [...before]
    .filter(([key]) => !there.has(key))
    .map(([, top]) => top)
    .sort((a, b) => a - b);
  const lowest = Math.max(...after.map(({ top }) => top));
  return after.map(({ key, top }) => {
    if (before.size === 0) return top;
    return before.get(key) ?? left.shift() ?? lowest;
  });
}
