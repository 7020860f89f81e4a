import type { ContestSummary } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import { useLingui } from "@lingui/react";
import { Code } from "@mantine/core";
import { Facts } from "../ui/Facts.tsx";
import { Panel } from "../ui/Panel.tsx";
import { useFormat } from "../ui/useFormat.ts";
import { orderValueName, scoringName } from "./contest.words.ts";

interface ContestFactsPanelProps {
  readonly contest: ContestSummary;
}

/** What is played for and how the order is made. */
export function ContestFactsPanel({ contest }: ContestFactsPanelProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  const list = (values: readonly string[]) =>
    values.length === 0 ? i18n.t("Any") : <bdi>{values.join(", ")}</bdi>;
  return (
    <Panel title={i18n.t("Rules of the order")}>
      <Facts
        facts={[
          { name: i18n.t("Players"), value: format.count(contest.players) },
          { name: i18n.t("Scoring"), value: scoringName(i18n, contest.type, contest.n) },
          {
            name: i18n.t("Equal scores"),
            value: contest.tiebreaker.map((name) => orderValueName(i18n, name)).join(" › "),
          },
          {
            name: i18n.t("Decimal places"),
            value: format.count(contest.precision),
          },
          { name: i18n.t("Markets"), value: list(contest.markets) },
          { name: i18n.t("Brands"), value: list(contest.brands) },
          ...(contest.resultHash === ""
            ? []
            : [
                {
                  name: i18n.t("Result hash"),
                  value: <Code style={{ overflowWrap: "anywhere" }}>{contest.resultHash}</Code>,
                },
              ]),
        ]}
      />
    </Panel>
  );
}
