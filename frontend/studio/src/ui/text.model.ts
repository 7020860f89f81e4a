/**
 * Sets a name that people chose apart from the sentence it stands in, so that a name in another script doesn't turn the words around
 * it: the plain-text form of <bdi>.
 */
export function isolate(name: string): string {
  return `\u2068${name}\u2069`;
}
