/** Where a row of a board stands: its key and its upper edge in pixels. */
export interface RowTop {
  readonly key: string;
  readonly top: number;
}

/**
 * Where each of the rows starts its slide, by key. A row that was there starts where it was. A newcomer starts in the place a
 * row has left, else in the lowest of all: at no moment a whole place stands empty. The first rows of all don't slide.
 */
export function slideStarts(
  before: ReadonlyMap<string, number>,
  after: readonly RowTop[],
): ReadonlyMap<string, number> {
  const there = new Set(after.map(({ key }) => key));
  const left = [...before]
    .filter(([key]) => !there.has(key))
    .map(([, top]) => top)
    .toSorted((a, b) => a - b);
  const lowest = Math.max(...after.map(({ top }) => top));
  const start = ({ key, top }: RowTop): number =>
    before.size === 0 ? top : (before.get(key) ?? left.shift() ?? lowest);
  return new Map(after.map((row) => [row.key, start(row)]));
}
