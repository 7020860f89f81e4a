/** Whether each word of a query is found in one of the texts; case doesn't matter. An empty query finds everything. */
export function findsAllWords(query: string, texts: readonly (string | undefined)[]): boolean {
  const text = texts.join(" ").toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
