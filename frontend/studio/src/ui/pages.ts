/** Rows of a page of most lists, the most that the server gives at once. */
export const pageRows = 200;

/** Where a list goes on after a page; undefined at its end. */
export function nextPage({ nextPageToken }: { readonly nextPageToken: string }): string | undefined {
  return nextPageToken === "" ? undefined : nextPageToken;
}
