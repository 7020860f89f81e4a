import type { ContestCount } from "@laurel/client/gen/laurel/v1/telemetry_service_pb.js";
import { useLingui } from "@lingui/react";
import { Group, Stack, Text } from "@mantine/core";
import { contestStates, stateKey } from "../contest/contest.model.ts";
import { StateBadge } from "../contest/StateBadge.tsx";
import { RoomLink } from "../ui/links.tsx";
import { Panel } from "../ui/Panel.tsx";
import { useFormat } from "../ui/useFormat.ts";

interface ContestCountsProps {
  readonly counts: readonly Pick<ContestCount, "state" | "count">[];
}

/** How many contests stand where; each number leads to them. */
export function ContestCounts({ counts }: ContestCountsProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  return (
    <Panel title={i18n.t("Contests by state")}>
      <Stack gap={6}>
        {contestStates.map((state) => {
          const count = Number(counts.find((each) => each.state === state)?.count ?? 0n);
          return (
            <Group key={state} justify="space-between" mih={28}>
              <StateBadge state={state} />
              {count === 0 ? (
                <Text c="dimmed">{format.count(0)}</Text>
              ) : (
                <RoomLink to="/contests" search={{ state: stateKey(state) }} fw={650}>
                  {i18n.t("{count, plural, one {# contest} other {# contests}}", { count })}
                </RoomLink>
              )}
            </Group>
          );
        })}
      </Stack>
    </Panel>
  );
}
