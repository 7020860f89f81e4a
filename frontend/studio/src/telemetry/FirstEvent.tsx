import { useLingui } from "@lingui/react";
import { Button, Code, CopyButton, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { Panel } from "../ui/Panel.tsx";
import { firstEventCommand } from "./pulse.model.ts";

interface FirstEventProps {
  readonly origin: string;
  readonly now: Date;
}

/** Teaches how to send a first event while there is none. */
export function FirstEvent({ origin, now }: FirstEventProps) {
  // Written once: a text that changes each second could not be selected.
  const [command] = useState(() => firstEventCommand(origin, now));
  const { i18n } = useLingui();
  return (
    <Panel
      title={i18n.t("Send a first event")}
      aside={
        <CopyButton value={command}>
          {({ copied, copy }) => (
            <Button size="xs" variant="default" onClick={copy}>
              {copied ? i18n.t("Copied") : i18n.t("Copy")}
            </Button>
          )}
        </CopyButton>
      }
    >
      <Stack gap="xs">
        <Text c="dimmed" size="sm">
          {i18n.t(
            "No event came in during the last minutes. Laurel turns events into scores: post one with an API " +
              "key, and it shows here within a second.",
          )}
        </Text>
        <Code
          block
          style={{ whiteSpace: "pre-wrap" }}
          tabIndex={0}
          aria-label={i18n.t("Command")}
          role="region"
        >
          {command}
        </Code>
        <Group gap="xs">
          <Text size="xs" c="dimmed">
            {i18n.t("In dev mode the key is the one in LAUREL_DEV_API_KEY.")}
          </Text>
        </Group>
      </Stack>
    </Panel>
  );
}
