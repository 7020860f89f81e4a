import { equals } from "@bufbuild/protobuf";
import { type ContestSummary, ContestSummarySchema } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import { useLingui } from "@lingui/react";
import { Table, Text } from "@mantine/core";
import { memo } from "react";
import { RoomLink } from "../ui/links.tsx";
import { useFormat } from "../ui/useFormat.ts";
import classes from "./ContestTable.module.css";
import { titleOf, windowOf } from "./contest.model.ts";
import { boardLinkName, scoringName } from "./contest.words.ts";
import { StateBadge } from "./StateBadge.tsx";
import { WindowTimes } from "./WindowTimes.tsx";

interface ContestTableProps {
  readonly contests: readonly ContestSummary[];
}

/** Contests, one a row. */
export function ContestTable({ contests }: ContestTableProps) {
  const { i18n } = useLingui();
  return (
    <div className={classes.frame}>
      <Table verticalSpacing="sm" className={classes.table} aria-label={i18n.t("Contests")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{i18n.t("Contest")}</Table.Th>
            <Table.Th scope="col">{i18n.t("State")}</Table.Th>
            <Table.Th scope="col" className={classes.whenRoomy}>
              {i18n.t("Window")}
            </Table.Th>
            <Table.Th scope="col" className={classes.whenWide}>
              {i18n.t("Scoring")}
            </Table.Th>
            <Table.Th scope="col" className={classes.whenWide}>
              {i18n.t("Markets")}
            </Table.Th>
            <Table.Th scope="col" ta="end">
              {i18n.t("Players")}
            </Table.Th>
            <Table.Th scope="col" className={classes.whenRoomy}>
              {i18n.t("Board")}
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {contests.map((contest) => (
            <ContestRow key={contest.id} contest={contest} />
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

interface ContestRowProps {
  readonly contest: ContestSummary;
}

/** The row of a contest. It is drawn anew when the contest has changed, not each time that the list is read again. */
const ContestRow = memo(DrawnRow, (before, after) =>
  equals(ContestSummarySchema, before.contest, after.contest),
);

/** One contest: its name, state and window, what it scores, and the way to its board. */
function DrawnRow({ contest }: ContestRowProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  const window = windowOf(contest);
  return (
    <Table.Tr>
      <Table.Th scope="row" fw="normal">
        <RoomLink to="/contests/$id" params={{ id: contest.id }} fw={650}>
          <bdi>{titleOf(contest)}</bdi>
        </RoomLink>
        <Text size="xs" c="dimmed" ff="monospace">
          <bdi>{contest.id}</bdi>
        </Text>
        <div className={classes.whenNarrow}>
          <WindowTimes window={window} />
        </div>
      </Table.Th>
      <Table.Td>
        <StateBadge state={contest.state} />
      </Table.Td>
      <Table.Td className={`${classes.whenRoomy} ${classes.window}`}>
        <WindowTimes window={window} />
      </Table.Td>
      <Table.Td className={classes.whenWide}>{scoringName(i18n, contest.type, contest.n)}</Table.Td>
      <Table.Td className={classes.whenWide}>
        {contest.markets.length === 0 ? (
          <Text c="dimmed" size="sm">
            {i18n.t("Any")}
          </Text>
        ) : (
          <bdi>{contest.markets.join(", ")}</bdi>
        )}
      </Table.Td>
      <Table.Td ta="end">{format.count(contest.players)}</Table.Td>
      <Table.Td className={classes.whenRoomy}>
        <RoomLink
          className={classes.board}
          to="/contests/$id/board"
          params={{ id: contest.id }}
          size="sm"
          aria-label={boardLinkName(i18n, contest.state, titleOf(contest))}
        >
          {boardLinkName(i18n, contest.state)}
        </RoomLink>
      </Table.Td>
    </Table.Tr>
  );
}
