import type { ContestPlan, ContestSummary } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import { useLingui } from "@lingui/react";
import { Code } from "@mantine/core";
import { Facts } from "../ui/Facts.tsx";
import { Panel } from "../ui/Panel.tsx";
import { useFormat } from "../ui/useFormat.ts";
import { planFacts } from "./planFacts.tsx";

interface ContestFactsPanelProps {
  readonly contest: ContestSummary;
  /** What its published definition means. */
  readonly plan: ContestPlan | undefined;
}

/** Who takes part, what scores and how the order is made. */
export function ContestFactsPanel({ contest, plan }: ContestFactsPanelProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  return (
    <Panel title={i18n.t("Rules")}>
      <Facts
        facts={[
          { name: i18n.t("Players"), value: format.count(contest.players) },
          ...(plan === undefined ? [] : planFacts(i18n, format, plan)),
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
