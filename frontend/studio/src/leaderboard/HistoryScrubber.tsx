import type { SnapshotSummary } from "@laurel/client/gen/laurel/v1/leaderboard_service_pb.js";
import { useLingui } from "@lingui/react";
import { Button, Group, Slider, Text, useDirection } from "@mantine/core";
import { useState } from "react";
import { Panel } from "../ui/Panel.tsx";
import { instantOf } from "../ui/time.model.ts";
import { useFormat } from "../ui/useFormat.ts";

interface HistoryScrubberProps {
  /** Newest first. */
  readonly snapshots: readonly SnapshotSummary[];
  /** Number of the snapshot shown; undefined for the live board. */
  readonly at: number | undefined;
  /** The contest is over: no further board will be kept. */
  readonly ended: boolean;
  readonly zone: string;
  readonly onChange: (at: number | undefined) => void;
}

/** Goes back through the boards that were kept; its end is the board of now. */
export function HistoryScrubber({ snapshots, at, ended, zone, onChange }: HistoryScrubberProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  const { dir } = useDirection();
  const kept = snapshots.toReversed();
  const now = kept.length;
  const found = kept.findIndex(({ number }) => Number(number) === at);
  const position = at === undefined || found < 0 ? now : found;
  // Where the thumb was dragged to holds until the address says where it is.
  const [drag, setDrag] = useState({ to: position, from: position });
  const dragged = drag.from === position ? drag.to : position;
  const describe = (index: number): string => {
    const instant = instantOf(kept[index]?.takenAt);
    return instant === undefined ? i18n.t("Now") : format.instantThere(instant, zone, true);
  };
  return (
    <Panel
      title={i18n.t("History")}
      aside={
        at === undefined ? null : (
          <Button size="xs" variant="default" onClick={() => onChange(undefined)}>
            {i18n.t("Back to now")}
          </Button>
        )
      }
    >
      {kept.length === 0 ? (
        <Text size="sm" c="dimmed">
          {ended
            ? i18n.t("No board was kept while the contest ran.")
            : i18n.t("No board has been kept yet; one is kept from time to time while something changes.")}
        </Text>
      ) : (
        <>
          <Slider
            key={dir}
            min={0}
            max={now}
            step={1}
            value={dragged}
            label={null}
            thumbLabel={i18n.t("Board kept at")}
            thumbValueText={describe(dragged)}
            onChange={(to) => setDrag({ to, from: position })}
            onChangeEnd={(index) => {
              const number = kept[index]?.number;
              onChange(number === undefined ? undefined : Number(number));
            }}
          />
          <Group justify="space-between" mt={6}>
            <Text size="xs" c="dimmed">
              <bdi>{describe(0)}</bdi>
            </Text>
            <Text size="sm" fw={650} aria-hidden="true">
              {dragged === now ? null : <bdi>{describe(dragged)}</bdi>}
            </Text>
            <Text size="xs" c="dimmed">
              {i18n.t("Now")}
            </Text>
          </Group>
        </>
      )}
    </Panel>
  );
}
