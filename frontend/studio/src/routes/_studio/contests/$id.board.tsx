import { useInfiniteQuery, useQuery } from "@connectrpc/connect-query";
import { ContestService, LeaderboardService } from "@laurel/client";
import { ContestState } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import { useLingui } from "@lingui/react";
import { keepPreviousData } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { useEffect } from "react";
import { NoContest } from "../../../contest/NoContest.tsx";
import { BoardRoom } from "../../../leaderboard/BoardRoom.tsx";
import { type BoardSearch, boardAddress, boardSearch, chosenOf } from "../../../leaderboard/board.model.ts";
import { useLiveBoard } from "../../../leaderboard/live.tsx";
import { useOnceFinal } from "../../../leaderboard/useOnceFinal.ts";
import { isNotFound } from "../../../rpc.ts";
import { PageHead } from "../../../ui/PageHead.tsx";
import { nextPage } from "../../../ui/pages.ts";

export const Route = createFileRoute("/_studio/contests/$id/board")({
  validateSearch: (search: Record<string, unknown>): Partial<BoardSearch> =>
    boardAddress(boardSearch(search)),
  component: LiveBoardRoom,
});

/** How often what is not pushed is asked for again while the contest runs, in milliseconds. */
const pollMillis = 3_000;
const snapshotPollMillis = 15_000;
/** Snapshots of a page, the most that the server gives at once. */
const snapshotPage = 1_000;

/** What stands beside the places: the player who is looked for, why one stands above another, and the boards that were kept. */
function useBesides(id: string, search: BoardSearch, exists: boolean, state: ContestState | undefined) {
  const poll = state === ContestState.FINAL ? false : pollMillis;
  const found = useQuery(
    LeaderboardService.method.getLeaderboard,
    { contestId: id, me: search.find ?? "", around: 3 },
    {
      enabled: exists && search.find !== undefined,
      refetchInterval: poll,
      placeholderData: keepPreviousData,
    },
  );
  const chosen = chosenOf(search);
  const [userA, userB] = chosen;
  const why = useQuery(
    LeaderboardService.method.explainOrder,
    { contestId: id, userA: userA ?? "", userB: userB ?? "" },
    { enabled: exists && chosen.length === 2, refetchInterval: poll, placeholderData: keepPreviousData },
  );
  const snapshots = useInfiniteQuery(
    LeaderboardService.method.listSnapshots,
    { contestId: id, pageSize: snapshotPage, pageToken: "" },
    {
      pageParamKey: "pageToken",
      getNextPageParam: nextPage,
      enabled: exists,
      refetchInterval: poll === false ? false : snapshotPollMillis,
    },
  );
  const { hasNextPage, isFetching, fetchNextPage } = snapshots;
  const readPages = snapshots.data?.pages.length ?? 0;
  // The scrubber reaches over all that were kept, which are a few pages. One may come so fast that nobody saw it being fetched.
  useEffect(() => {
    if (readPages > 0 && hasNextPage && !isFetching) void fetchNextPage();
  }, [readPages, hasNextPage, isFetching, fetchNextPage]);
  useOnceFinal(state, () => {
    for (const query of [found, why, snapshots]) if (query.isEnabled) void query.refetch();
  });
  const kept = useQuery(
    LeaderboardService.method.getSnapshot,
    { contestId: id, number: BigInt(search.at ?? 0) },
    {
      enabled: exists && search.at !== undefined,
      staleTime: Number.POSITIVE_INFINITY,
      placeholderData: keepPreviousData,
    },
  );
  return {
    found: { place: found.data?.me, error: found.error },
    why: {
      answer: chosen.length === 2 ? why.data : undefined,
      error: chosen.length === 2 ? why.error : null,
    },
    snapshots: snapshots.data?.pages.flatMap((page) => page.snapshots) ?? [],
    kept: {
      board: search.at === undefined ? undefined : kept.data,
      error: search.at === undefined ? null : kept.error,
    },
  };
}

function LiveBoardRoom() {
  const { i18n } = useLingui();
  const { id } = Route.useParams();
  const search = boardSearch(Route.useSearch());
  const navigate = Route.useNavigate();
  const live = useLiveBoard(id, search.top);
  const contestQuery = useQuery(
    ContestService.method.getContest,
    { id },
    { refetchInterval: snapshotPollMillis },
  );
  const contest = contestQuery.data?.contest;
  // There is nothing to ask about a contest that isn't there.
  const exists = !isNotFound(contestQuery.error);
  const withoutSocket = exists && live.board === undefined && live.state !== "connecting";
  const fallback = useQuery(
    LeaderboardService.method.getLeaderboard,
    { contestId: id, top: search.top },
    {
      enabled: withoutSocket,
      // Asked for until it is itself of the final contest, so that what stays on the screen are the frozen places.
      refetchInterval: ({ state: { data } }) =>
        data?.contest?.state === ContestState.FINAL ? false : pollMillis,
    },
  );
  const state = live.board?.contest?.state ?? fallback.data?.contest?.state ?? contest?.state;
  const { found, why, snapshots, kept } = useBesides(id, search, exists, state);
  if (contest === undefined) {
    return contestQuery.error === null ? (
      <PageHead title={i18n.t("Board")} />
    ) : (
      <NoContest id={id} error={contestQuery.error} onRetry={() => void contestQuery.refetch()} />
    );
  }
  return (
    <BoardRoom
      contest={{ ...contest, state: state ?? contest.state }}
      resultHash={live.board?.contest?.resultHash || contest.resultHash}
      search={search}
      onSearch={(change) => void navigate({ search: boardAddress({ ...search, ...change }), replace: true })}
      live={live}
      fallback={fallback.data}
      found={found}
      why={why}
      snapshots={snapshots}
      kept={kept.board}
      keptError={kept.error}
    />
  );
}
