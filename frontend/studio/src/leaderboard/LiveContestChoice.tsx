import type { ContestSummary } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import { useLingui } from "@lingui/react";
import { Select, Text } from "@mantine/core";
import { titleOf } from "../contest/contest.model.ts";
import { contestChoices } from "./liveNow.model.ts";

interface LiveContestChoiceProps {
  readonly contest: ContestSummary;
  readonly contests: readonly ContestSummary[];
  readonly onChoose: (contestId: string) => void;
}

/** The title of the contest that is watched; where several are live, a choice among them. */
export function LiveContestChoice({ contest, contests, onChoose }: LiveContestChoiceProps) {
  const { i18n } = useLingui();
  if (contests.length < 2) {
    return (
      <Text span fw={650}>
        <bdi>{titleOf(contest)}</bdi>
      </Text>
    );
  }
  return (
    <Select
      aria-label={i18n.t("Contest to watch")}
      data={contestChoices(contests)}
      value={contest.id}
      onChange={(id) => {
        if (id !== null) onChoose(id);
      }}
      allowDeselect={false}
      w="16rem"
    />
  );
}
