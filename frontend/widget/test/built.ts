/** builtDir is where the tests' own build lies. */
export const builtDir = new URL("../test-results/dist", import.meta.url).pathname;
