import { useDebouncedValue } from "@mantine/hooks";
import { askedText } from "./review.model.ts";

/** How long the server isn't asked while somebody types. */
const typingMillis = 250;

/** What the server is asked for by a query that is being typed. */
export function useAskedText(query: string | undefined): string {
  const [settled] = useDebouncedValue(askedText(query), typingMillis);
  return settled;
}
