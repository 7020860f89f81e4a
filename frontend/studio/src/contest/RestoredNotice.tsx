import { useLingui } from "@lingui/react";
import { Button, Group, Text } from "@mantine/core";
import { Notice } from "../ui/Notice.tsx";
import { useFormat } from "../ui/useFormat.ts";

interface RestoredNoticeProps {
  readonly keptAt: Date;
  readonly onDrop: () => void;
}

/** Says that what was written before is back, and lets it go when it isn't wanted. */
export function RestoredNotice({ keptAt, onDrop }: RestoredNoticeProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  return (
    <Notice tone="info" role="status" title={i18n.t("What you wrote is back")}>
      <Group justify="space-between" align="center">
        <Text size="sm">
          {i18n.t("You left without publishing at {time}; nothing of it was lost.", {
            time: format.instant(keptAt, format.zone),
          })}
        </Text>
        <Button size="xs" variant="default" onClick={onDrop}>
          {i18n.t("Drop it")}
        </Button>
      </Group>
    </Notice>
  );
}
