import type { ContestSummary } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import type { GetLeaderboardResponse } from "@laurel/client/gen/laurel/v1/leaderboard_service_pb.js";
import { useLingui } from "@lingui/react";
import { Group, Text } from "@mantine/core";
import { titleOf, windowOf } from "../contest/contest.model.ts";
import { RoomButton } from "../ui/links.tsx";
import { Panel } from "../ui/Panel.tsx";
import { isolate } from "../ui/text.model.ts";
import { useFormat } from "../ui/useFormat.ts";
import { BoardTable } from "./BoardTable.tsx";
import type { BoardRow } from "./board.model.ts";
import { ConnectionMark, ConnectionNotice } from "./ConnectionNotice.tsx";
import { connectionTrouble, placesAsOf } from "./connection.model.ts";
import { LiveContestChoice } from "./LiveContestChoice.tsx";
import classes from "./LiveNow.module.css";
import type { LiveBoard } from "./live.tsx";
import { countedMillis } from "./liveNow.model.ts";
import { NobodyScored } from "./NobodyScored.tsx";
import { useHeldRows } from "./useHeldRows.ts";
import { WaitingNotice } from "./WaitingNotice.tsx";

interface LiveNowProps {
  readonly contest: ContestSummary;
  /** All contests that are live, this one among them. */
  readonly contests: readonly ContestSummary[];
  readonly onChoose: (contestId: string) => void;
  readonly live: LiveBoard;
  /** What a call gave while the socket gave nothing. */
  readonly fallback: GetLeaderboardResponse | undefined;
  /** The server's time. */
  readonly now: Date;
}

const noRows: readonly BoardRow[] = [];

/** The head of a live contest's board: it moves as the contest does, and keeps still while somebody reads it. */
export function LiveNow({ contest, contests, onChoose, live, fallback, now }: LiveNowProps) {
  const { i18n } = useLingui();
  const source = live.board ?? fallback;
  const trouble = connectionTrouble(live, contest.state);
  const held = useHeldRows(source?.top ?? noRows, contest.id);
  return (
    <Panel
      title={i18n.t("Live now")}
      h="100%"
      aside={
        <Group gap="sm" justify="flex-end">
          <div className={classes.waiting}>
            <WaitingNotice held={held.held} waiting={held.waiting} onShow={held.release} />
          </div>
          <ConnectionMark state={live.state} trouble={trouble} />
          <RoomButton to="/contests/$id/board" params={{ id: contest.id }} size="xs" variant="default">
            {i18n.t("Open the board")}
          </RoomButton>
        </Group>
      }
    >
      <Group gap="sm" mb="sm">
        <LiveContestChoice contest={contest} contests={contests} onChoose={onChoose} />
        <ContestProgress contest={contest} total={source?.total ?? contest.players} now={now} />
      </Group>
      <ConnectionNotice
        trouble={trouble}
        stale={source?.stale ?? false}
        asOf={placesAsOf(live, fallback)}
        zone={windowOf(contest).zone}
      />
      <div className={classes.room}>
        {source === undefined ? null : held.rows.length === 0 ? (
          <NobodyScored state={contest.state} order={3} />
        ) : (
          <div {...held.handlers}>
            <BoardTable
              rows={held.rows}
              precision={contest.precision}
              label={i18n.t("Top of {title}", { title: titleOf(contest) })}
              leadsTo={contest.id}
            />
          </div>
        )}
      </div>
    </Panel>
  );
}

interface ContestProgressProps {
  readonly contest: ContestSummary;
  readonly total: bigint;
  readonly now: Date;
}

/** How long a contest still runs, and how many race. */
function ContestProgress({ contest, total, now }: ContestProgressProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  const { end, zone } = windowOf(contest);
  const left = end === undefined ? 0 : end.getTime() - now.getTime();
  return (
    <Group gap="sm" c="dimmed">
      {end === undefined ? null : left > countedMillis ? (
        <Text span size="sm">
          {i18n.t("until {time}", { time: `${format.instant(end, zone)} ${isolate(zone)}` })}
        </Text>
      ) : (
        <Text span size="sm" role="timer">
          {i18n.t("{time} left", { time: format.timeLeft(left) })}
        </Text>
      )}
      <Text span size="sm">
        {i18n.t("{count, plural, one {{total} player} other {{total} players}}", {
          count: Number(total),
          total: format.count(total),
        })}
      </Text>
    </Group>
  );
}
