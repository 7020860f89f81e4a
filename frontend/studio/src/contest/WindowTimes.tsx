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
  const there = [start, end].map((instant) => format.instant(instant, zone));
  const here = [start, end].map((instant) => format.instant(instant, format.zone));
  return (
    <Stack gap={0}>
      <Text size="sm">
        <Span instants={there} />{" "}
        <Text span size="xs" c="dimmed">
          <bdi>{zone}</bdi>
        </Text>
      </Text>
      {there.join() === here.join() ? null : (
        <Text size="xs" c="dimmed">
          <Span instants={here} /> {i18n.t("your time")}
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

/** From one instant to another; a line breaks between them only. */
function Span({ instants }: { readonly instants: readonly string[] }) {
  const [from, to] = instants;
  return (
    <bdi>
      <span style={{ whiteSpace: "nowrap" }}>{from} –</span>{" "}
      <span style={{ whiteSpace: "nowrap" }}>{to}</span>
    </bdi>
  );
}
