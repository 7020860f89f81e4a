import type { CheckDefinitionResponse } from "@laurel/client/gen/laurel/v1/catalog_service_pb.js";
import { useLingui } from "@lingui/react";
import { Group, Loader, Stack, Text } from "@mantine/core";
import { Facts } from "../ui/Facts.tsx";
import { CheckIcon } from "../ui/icons.tsx";
import { Panel } from "../ui/Panel.tsx";
import { useFormat } from "../ui/useFormat.ts";
import { windowOf } from "./contest.model.ts";
import type { ProblemFacts } from "./definition.model.ts";
import { NoteList } from "./NoteList.tsx";
import { ProblemList } from "./ProblemList.tsx";
import { planFacts } from "./planFacts.tsx";
import { WindowTimes } from "./WindowTimes.tsx";

interface CheckResultProps {
  /** The server's newest answer; undefined before the first. */
  readonly result: CheckDefinitionResponse | undefined;
  /** Problems to show: of the check, or of a publication that was refused. */
  readonly problems: readonly ProblemFacts[];
  readonly checking: boolean;
  readonly onChoose: (problem: ProblemFacts) => void;
}

/** What the server says of the document: its problems, or what it means. */
export function CheckResult({ result, problems, checking, onChoose }: CheckResultProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  const clean = result !== undefined && problems.length === 0;
  // A plan of a kind that this studio doesn't know is not shown.
  const plan = result?.plan?.plan.case === "contest" ? result.plan.plan.value : undefined;
  const waits = result === undefined || (checking && clean);
  return (
    <Panel
      title={clean ? i18n.t("Rules") : i18n.t("Check")}
      aside={checking ? <Loader size="xs" aria-label={i18n.t("Checking")} /> : null}
    >
      <Stack gap="sm">
        <Group gap={6} role="status" mih={24} wrap="nowrap">
          {waits ? (
            <Text size="sm" c="dimmed">
              {i18n.t("The server checks while you type.")}
            </Text>
          ) : clean ? (
            <Group gap={6} c="var(--laurel-good)" wrap="nowrap">
              <CheckIcon size={16} />
              <Text size="sm" fw={650}>
                {i18n.t("Ready to publish")}
              </Text>
            </Group>
          ) : (
            <Text size="sm" fw={650} c="var(--laurel-bad)">
              {i18n.t("{count, plural, one {# problem} other {# problems}}", { count: problems.length })}
            </Text>
          )}
        </Group>
        {clean ? <NoteList notes={result.notes} /> : null}
        {clean && plan !== undefined ? (
          <>
            <WindowTimes window={windowOf({ ...plan, tz: plan.definition?.window?.tz ?? "" })} />
            <Facts facts={planFacts(i18n, format, plan)} />
          </>
        ) : null}
        {problems.length > 0 ? <ProblemList problems={problems} onChoose={onChoose} /> : null}
      </Stack>
    </Panel>
  );
}
