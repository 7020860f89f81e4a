import type { ContestSummary } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import type { OwnPlace } from "@laurel/client/gen/laurel/v1/leaderboard_pb.js";
import type { ExplainOrderResponse } from "@laurel/client/gen/laurel/v1/leaderboard_service_pb.js";
import { useLingui } from "@lingui/react";
import { Skeleton, Stack, Text } from "@mantine/core";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { Panel } from "../ui/Panel.tsx";
import { type BoardSearch, chosenOf } from "./board.model.ts";
import { FindPlayer } from "./FindPlayer.tsx";
import { FoundPlayer } from "./FoundPlayer.tsx";
import { WhyPanel } from "./WhyPanel.tsx";

export interface BoardSideProps {
  readonly contest: ContestSummary;
  readonly search: BoardSearch;
  readonly onSearch: (change: Partial<BoardSearch>) => void;
  readonly found: { readonly place: OwnPlace | undefined; readonly error: unknown };
  readonly why: { readonly answer: ExplainOrderResponse | undefined; readonly error: unknown };
  readonly zone: string;
  readonly total: bigint;
  readonly onToggle: (userId: string) => void;
}

/** Beside the board: the search for a player, and why one stands above another. */
export function BoardSide({ contest, search, onSearch, found, why, zone, total, onToggle }: BoardSideProps) {
  const { i18n } = useLingui();
  const chosen = chosenOf(search);
  return (
    <Stack gap="md">
      <FindPlayer sought={search.find} onFind={(find) => onSearch({ find })} />
      {search.find === undefined ? null : found.error === null ? (
        <FoundPlayer
          userId={search.find}
          found={found.place}
          total={total}
          precision={contest.precision}
          chosen={chosen}
          onToggle={onToggle}
          onClose={() => onSearch({ find: undefined })}
        />
      ) : (
        <ErrorNotice error={found.error} title={i18n.t("The player can't be looked up.")} />
      )}
      {chosen.length < 2 ? (
        <Panel title={i18n.t("Why is one above another?")}>
          <Text size="sm" c="dimmed">
            {chosen.length === 0
              ? i18n.t(
                  "Tick two players of the board: the value that decided shows here, with the rounds behind it.",
                )
              : i18n.t("Tick one more player to compare with.")}
          </Text>
        </Panel>
      ) : why.error !== null ? (
        <ErrorNotice error={why.error} title={i18n.t("The order can't be explained.")} />
      ) : why.answer === undefined ? (
        <Skeleton height={240} animate={false} />
      ) : (
        <WhyPanel
          answer={why.answer}
          precision={contest.precision}
          zone={zone}
          onClose={() => onSearch({ a: undefined, b: undefined })}
        />
      )}
    </Stack>
  );
}
