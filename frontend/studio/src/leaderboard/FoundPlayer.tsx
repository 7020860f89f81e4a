import type { OwnPlace } from "@laurel/client/gen/laurel/v1/leaderboard_pb.js";
import { useLingui } from "@lingui/react";
import { Button, Stack, Text } from "@mantine/core";
import { Facts } from "../ui/Facts.tsx";
import { Panel } from "../ui/Panel.tsx";
import { useFormat } from "../ui/useFormat.ts";
import { BoardTable } from "./BoardTable.tsx";

interface FoundPlayerProps {
  readonly userId: string;
  /** Undefined while it is being looked up. */
  readonly found: OwnPlace | undefined;
  readonly total: bigint;
  readonly precision: number;
  readonly chosen: readonly string[];
  readonly onToggle: (userId: string) => void;
  readonly onClose: () => void;
}

/** Where the player stands that was looked for, and who is around. */
export function FoundPlayer({
  userId,
  found,
  total,
  precision,
  chosen,
  onToggle,
  onClose,
}: FoundPlayerProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  const row = found?.row;
  return (
    <Panel
      title={i18n.t("Player {userId}", { userId })}
      aside={
        <Button size="xs" variant="default" onClick={onClose}>
          {i18n.t("Close")}
        </Button>
      }
    >
      {found === undefined || row === undefined ? (
        <Text c="dimmed">{i18n.t("Looking…")}</Text>
      ) : row.place === 0n ? (
        <Text role="status">{i18n.t("No player with this user id has a standing in this contest.")}</Text>
      ) : (
        <Stack gap="sm">
          <Facts
            facts={[
              { name: i18n.t("Name"), value: <bdi>{row.name}</bdi> },
              {
                name: i18n.t("Place"),
                value: i18n.t("{place} of {total}", {
                  place: format.count(row.place),
                  total: format.count(total),
                }),
              },
              { name: i18n.t("Score"), value: format.units(row.units, precision) },
              {
                name: i18n.t("To the next place"),
                value: row.place === 1n ? "–" : format.units(found.toNextUnits, precision),
              },
            ]}
          />
          <BoardTable
            rows={found.around}
            precision={precision}
            label={i18n.t("Players around {userId}", { userId })}
            chosen={chosen}
            onToggle={onToggle}
            sought={userId}
            compact
          />
        </Stack>
      )}
    </Panel>
  );
}
