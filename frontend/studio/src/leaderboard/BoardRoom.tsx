import type { ContestSummary } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import { ContestState } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import type { OwnPlace } from "@laurel/client/gen/laurel/v1/leaderboard_pb.js";
import type {
  ExplainOrderResponse,
  GetLeaderboardResponse,
  GetSnapshotResponse,
  SnapshotSummary,
} from "@laurel/client/gen/laurel/v1/leaderboard_service_pb.js";
import { useLingui } from "@lingui/react";
import { Code, Grid, Skeleton, Stack, Text } from "@mantine/core";
import { titleOf, windowOf } from "../contest/contest.model.ts";
import { boardLinkName } from "../contest/contest.words.ts";
import { StateBadge } from "../contest/StateBadge.tsx";
import { WindowTimes } from "../contest/WindowTimes.tsx";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { RoomButton } from "../ui/links.tsx";
import { Notice } from "../ui/Notice.tsx";
import { PageHead } from "../ui/PageHead.tsx";
import { instantOf } from "../ui/time.model.ts";
import { useFormat } from "../ui/useFormat.ts";
import { BoardSide } from "./BoardSide.tsx";
import { type BoardSearch, chosenOf, toggleChoice } from "./board.model.ts";
import { ConnectionMark, ConnectionNotice } from "./ConnectionNotice.tsx";
import { connectionTrouble, placesAsOf } from "./connection.model.ts";
import { HeldBoard } from "./HeldBoard.tsx";
import { HistoryScrubber } from "./HistoryScrubber.tsx";
import type { LiveBoard } from "./live.tsx";

export interface BoardRoomProps {
  readonly contest: ContestSummary;
  readonly resultHash: string;
  readonly search: BoardSearch;
  readonly onSearch: (change: Partial<BoardSearch>) => void;
  readonly live: LiveBoard;
  /** What a call gave while the socket gave nothing. */
  readonly fallback: GetLeaderboardResponse | undefined;
  readonly found: { readonly place: OwnPlace | undefined; readonly error: unknown };
  readonly why: { readonly answer: ExplainOrderResponse | undefined; readonly error: unknown };
  readonly snapshots: readonly SnapshotSummary[];
  /** The kept board that is shown instead of the live one. */
  readonly kept: GetSnapshotResponse | undefined;
  readonly keptError: unknown;
}

/** The live board with its history, the search for a player and the explanation of the order. */
export function BoardRoom(props: BoardRoomProps) {
  const { contest, resultHash, search, onSearch, live, fallback, snapshots, kept, keptError } = props;
  const { i18n } = useLingui();
  const { zone } = windowOf(contest);
  const title = titleOf(contest);
  const history = search.at !== undefined;
  // Nothing moves there any more, so the connection doesn't matter.
  const final = contest.state === ContestState.FINAL;
  const trouble = connectionTrouble(live, contest.state);
  const source = live.board ?? fallback;
  const rows = history ? kept?.top.slice(0, search.top) : source?.top;
  const total = (history ? kept?.snapshot?.total : source?.total) ?? 0n;
  const onToggle = (userId: string) => {
    const [a, b] = toggleChoice(chosenOf(search), userId);
    onSearch({ a, b });
  };
  return (
    <>
      <PageHead
        title={boardLinkName(i18n, contest.state, title)}
        heading={<bdi>{title}</bdi>}
        beside={
          <>
            <StateBadge state={contest.state} />
            {final ? null : <ConnectionMark state={live.state} trouble={trouble} />}
          </>
        }
        description={<WindowTimes window={windowOf(contest)} />}
        actions={
          <RoomButton to="/contests/$id" params={{ id: contest.id }} variant="default">
            {i18n.t("Contest")}
          </RoomButton>
        }
      />
      <ConnectionNotice
        trouble={trouble}
        stale={source?.stale ?? false}
        asOf={history ? undefined : placesAsOf(live, fallback)}
        zone={zone}
      />
      {final || live.refusal === undefined ? null : (
        <Notice tone="warn" role="status" title={i18n.t("The server gives no live board.")}>
          <bdi lang="en">{live.refusal.message}</bdi>
        </Notice>
      )}
      {final ? <FinalNotice resultHash={resultHash} /> : null}
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <Stack gap="md">
            <HistoryScrubber
              snapshots={snapshots}
              ended={final}
              at={search.at}
              zone={zone}
              onChange={(at) => onSearch({ at })}
            />
            {history ? <HistoryNotice kept={kept} zone={zone} /> : null}
            {keptError === null ? null : (
              <ErrorNotice error={keptError} title={i18n.t("This kept board can't be read.")} />
            )}
            {rows === undefined ? (
              keptError === null ? (
                <Skeleton height={420} animate={false} />
              ) : null
            ) : (
              <HeldBoard
                rows={rows}
                total={total}
                scope={`${contest.id} ${search.at ?? "live"} ${search.top}`}
                history={history}
                state={contest.state}
                precision={contest.precision}
                title={title}
                search={search}
                onSearch={onSearch}
                onToggle={onToggle}
              />
            )}
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <BoardSide {...props} zone={zone} total={source?.total ?? 0n} onToggle={onToggle} />
        </Grid.Col>
      </Grid>
    </>
  );
}

function FinalNotice({ resultHash }: { readonly resultHash: string }) {
  const { i18n } = useLingui();
  return (
    <Notice tone="info" role="status" title={i18n.t("Standings are frozen and hashed.")}>
      <Text size="sm">
        {i18n.t("Result hash")}: <Code style={{ overflowWrap: "anywhere" }}>{resultHash}</Code>
      </Text>
    </Notice>
  );
}

function HistoryNotice({
  kept,
  zone,
}: {
  readonly kept: GetSnapshotResponse | undefined;
  readonly zone: string;
}) {
  const { i18n } = useLingui();
  const format = useFormat();
  const at = instantOf(kept?.snapshot?.takenAt);
  return (
    <Notice
      tone="info"
      role="status"
      title={
        at === undefined
          ? i18n.t("A kept board")
          : i18n.t("The board as it was at {time}; it does not move.", {
              time: format.instantThere(at, zone, true),
            })
      }
    />
  );
}
