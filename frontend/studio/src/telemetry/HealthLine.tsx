import { useLingui } from "@lingui/react";
import { Group, Text } from "@mantine/core";
import { AlertIcon, CheckIcon, PauseIcon } from "../ui/icons.tsx";
import type { Health } from "./pulse.model.ts";

interface HealthLineProps {
  readonly health: Health;
}

/** One sentence: is it healthy. Icon and words carry it, colour only repeats it. */
export function HealthLine({ health }: HealthLineProps) {
  const { i18n } = useLingui();
  const lines = {
    flowing: {
      icon: <CheckIcon />,
      color: "var(--laurel-good)",
      text: i18n.t("Healthy: events are folded as they arrive."),
    },
    idle: {
      icon: <PauseIcon />,
      color: "var(--mantine-color-dimmed)",
      text: i18n.t("Healthy and idle: no events are coming in right now."),
    },
    behind: {
      icon: <AlertIcon />,
      color: "var(--laurel-bad)",
      // Without the age, which changes each second: a screen reader would say it each second. It stands in the lag below.
      text: i18n.t("Behind: events wait longer than they should to be folded."),
    },
    unreachable: {
      icon: <AlertIcon />,
      color: "var(--laurel-bad)",
      text: i18n.t("The server does not answer. The figures below are the last ones it gave."),
    },
  } as const;
  const line = lines[health];
  return (
    <Group gap="xs" c={line.color} role="status" aria-label={i18n.t("Health")} wrap="nowrap">
      {line.icon}
      <Text fw={600}>{line.text}</Text>
    </Group>
  );
}
