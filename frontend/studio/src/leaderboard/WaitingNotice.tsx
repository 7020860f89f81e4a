import { useLingui } from "@lingui/react";
import { Button, Group, Text, VisuallyHidden } from "@mantine/core";
import { PauseIcon } from "../ui/icons.tsx";

interface WaitingNoticeProps {
  readonly held: boolean;
  readonly waiting: number;
  readonly onShow: () => void;
}

/**
 * Says that the board keeps still and how much waits. Its height is always kept free, so that nothing moves when it speaks. A screen
 * reader hears once that it is held: the count, which may change ten times a second, is read where its button is.
 */
export function WaitingNotice({ held, waiting, onShow }: WaitingNoticeProps) {
  const { i18n } = useLingui();
  return (
    <Group h={36} gap="xs" wrap="nowrap">
      <VisuallyHidden role="status">{held ? i18n.t("Held while you read") : null}</VisuallyHidden>
      {held ? (
        <>
          <PauseIcon size={16} />
          {waiting === 0 ? (
            <Text size="sm" c="dimmed" aria-hidden="true">
              {i18n.t("Held while you read")}
            </Text>
          ) : (
            <Button size="xs" variant="light" onClick={onShow}>
              {i18n.t("{count, plural, one {# change waiting: show} other {# changes waiting: show}}", {
                count: waiting,
              })}
            </Button>
          )}
        </>
      ) : null}
    </Group>
  );
}
