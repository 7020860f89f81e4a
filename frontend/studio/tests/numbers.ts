/** Whole numbers that look random and are the same in each run, for tests of what holds for any input. */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8; // the low bits of this generator repeat soon
  };
}
