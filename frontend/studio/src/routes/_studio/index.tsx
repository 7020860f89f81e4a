import { useQuery } from "@connectrpc/connect-query";
import { ContestService, LeaderboardService, TelemetryService } from "@laurel/client";
import { ContestState, type ContestSummary } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import { useLingui } from "@lingui/react";
import { Skeleton, Stack } from "@mantine/core";
import { createFileRoute } from "@tanstack/react-router";
import { LiveNow } from "../../leaderboard/LiveNow.tsx";
import { useLiveBoard } from "../../leaderboard/live.tsx";
import {
  liveContests,
  liveNowRows,
  type PulseSearch,
  pulseSearch,
  watchedContest,
} from "../../leaderboard/liveNow.model.ts";
import { NothingLive } from "../../leaderboard/NothingLive.tsx";
import { mayPublish, mayReview } from "../../operator/session.model.ts";
import { useSession } from "../../operator/useSession.ts";
import { FirstEvent } from "../../telemetry/FirstEvent.tsx";
import { PulseBoard } from "../../telemetry/PulseBoard.tsx";
import { sawEvents } from "../../telemetry/pulse.model.ts";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";
import { PageHead } from "../../ui/PageHead.tsx";
import { pageRows } from "../../ui/pages.ts";
import { instantOf } from "../../ui/time.model.ts";

export const Route = createFileRoute("/_studio/")({
  validateSearch: (search: Record<string, unknown>): PulseSearch => pulseSearch(search),
  component: PulseRoom,
});

/** Seconds of the window. */
const windowSeconds = 120;
const pollMillis = 1_000;
/** How often the contests, and a board without a socket, are asked for again. */
const contestPollMillis = 5_000;
const boardPollMillis = 3_000;

function PulseRoom() {
  const { i18n } = useLingui();
  const session = useSession();
  const pulse = useQuery(
    TelemetryService.method.getPulse,
    { seconds: windowSeconds },
    { refetchInterval: pollMillis, retry: false, staleTime: 0 },
  );
  const figures = pulse.data;
  return (
    <>
      <PageHead title={i18n.t("Pulse")} description={i18n.t("How the engine does, second by second.")} />
      <Stack gap="md">
        {pulse.error !== null && figures === undefined ? (
          <ErrorNotice
            error={pulse.error}
            title={i18n.t("The figures can't be read.")}
            onRetry={() => void pulse.refetch()}
          />
        ) : null}
        {figures === undefined ? (
          pulse.error === null ? (
            <Skeleton height={420} animate={false} />
          ) : null
        ) : (
          <>
            {sawEvents(figures.points) ? null : (
              <FirstEvent origin={window.location.origin} now={instantOf(figures.now) ?? new Date(0)} />
            )}
            <PulseBoard
              figures={figures}
              reachable={pulse.error === null}
              reviews={mayReview(session?.operator?.roles ?? [])}
              liveNow={<WatchedContest now={instantOf(figures.now) ?? new Date(0)} />}
            />
          </>
        )}
      </Stack>
    </>
  );
}

/** The live contest that the address names, or the first of them. */
function WatchedContest({ now }: { readonly now: Date }) {
  const { i18n } = useLingui();
  const { contest: chosen } = Route.useSearch();
  const list = useQuery(
    ContestService.method.listContests,
    { states: [ContestState.LIVE], pageSize: pageRows },
    { refetchInterval: contestPollMillis },
  );
  const publishes = mayPublish(useSession()?.operator?.roles ?? []);
  const contests = liveContests(list.data?.contests ?? []);
  const contest = watchedContest(contests, chosen);
  if (contest !== undefined) return <WatchedBoard contest={contest} contests={contests} now={now} />;
  if (list.data !== undefined) return <NothingLive publishes={publishes} />;
  if (list.error === null) return <Skeleton height={360} animate={false} />;
  return (
    <ErrorNotice
      error={list.error}
      title={i18n.t("The contests can't be read.")}
      onRetry={() => void list.refetch()}
    />
  );
}

interface WatchedBoardProps {
  readonly contest: ContestSummary;
  readonly contests: readonly ContestSummary[];
  readonly now: Date;
}

function WatchedBoard({ contest, contests, now }: WatchedBoardProps) {
  const navigate = Route.useNavigate();
  const live = useLiveBoard(contest.id, liveNowRows);
  const withoutSocket = live.board === undefined && live.state !== "connecting";
  const fallback = useQuery(
    LeaderboardService.method.getLeaderboard,
    { contestId: contest.id, top: liveNowRows },
    { enabled: withoutSocket, refetchInterval: boardPollMillis },
  );
  return (
    <LiveNow
      contest={contest}
      contests={contests}
      onChoose={(id) => void navigate({ search: { contest: id }, replace: true })}
      live={live}
      fallback={fallback.data}
      now={now}
    />
  );
}
