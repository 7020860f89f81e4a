import { useLingui } from "@lingui/react";
import { Stack, Text } from "@mantine/core";
import { useFormat } from "../ui/useFormat.ts";
import type { ContestWindow } from "./contest.model.ts";

interface WindowTimesProps {
  readonly window: ContestWindow;
}

/** A window in the contest's zone and, where that differs, in the viewer's. */
export function WindowTimes({ window }: WindowTimesProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  const { start, end, zone, clockChanges } = window;
  if (start === undefined || end === undefined) return <Text span>–</Text>;
  const line = (inZone: string) => `${format.instant(start, inZone)} – ${format.instant(end, inZone)}`;
  return (
    <Stack gap={0}>
      <Text size="sm">
        <bdi>{line(zone)}</bdi>{" "}
        <Text span size="xs" c="dimmed">
          <bdi>{zone}</bdi>
        </Text>
      </Text>
      {zone === format.zone ? null : (
        <Text size="xs" c="dimmed">
          <bdi>{line(format.zone)}</bdi> {i18n.t("your time")}
        </Text>
      )}
      {clockChanges ? (
        <Text size="xs" c="var(--laurel-warn)">
          {i18n.t("Clocks change in {zone} during this window.", { zone })}
        </Text>
      ) : null}
    </Stack>
  );
}
