import { useQuery } from "@connectrpc/connect-query";
import { ContestService } from "@laurel/client";
import type { ContestSummary } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import { useDebouncedValue } from "@mantine/hooks";
import { pageRows } from "../ui/pages.ts";
import { requestOf } from "./contest.model.ts";

/** How long the server isn't asked while somebody types. */
const typingMillis = 250;

/** Contests asked for by a text: as many as the palette has room for, each of which is two ways. */
const foundRows = 20;

/** Longest text that is asked for; in letters of two bytes it is the longest that the server takes. */
const askedLetters = 64;

/** Contests to go to by name: those that the server finds for a query, then the first page of all. */
export function useNamedContests(query: string): {
  readonly contests: readonly ContestSummary[];
  readonly refetch: () => void;
} {
  const [text] = useDebouncedValue(query.trim().slice(0, askedLetters), typingMillis);
  const first = useQuery(ContestService.method.listContests, { pageSize: pageRows }, { staleTime: 30_000 });
  const found = useQuery(
    ContestService.method.listContests,
    { ...requestOf({ q: text }), pageSize: foundRows },
    { enabled: text !== "" },
  );
  const named = found.data?.contests ?? [];
  const others = first.data?.contests ?? [];
  return {
    contests: [...named, ...others.filter(({ id }) => !named.some((each) => each.id === id))],
    refetch: () => void first.refetch(),
  };
}
