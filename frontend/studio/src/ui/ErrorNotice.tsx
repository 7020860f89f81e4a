import { Code, ConnectError } from "@connectrpc/connect";
import { useLingui } from "@lingui/react";
import { Button, Group, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Notice } from "./Notice.tsx";

interface ErrorNoticeProps {
  readonly error: unknown;
  /** What could not be done, as a whole sentence. */
  readonly title: ReactNode;
  readonly onRetry?: () => void;
}

/** Says what went wrong, what the server says about it, and offers to try again. */
export function ErrorNotice({ error, title, onRetry }: ErrorNoticeProps) {
  const { i18n } = useLingui();
  const cause = ConnectError.from(error);
  // A browser says of every failed fetch the same, in words of its own: ours are enough.
  const unsent = cause.cause instanceof TypeError;
  const unreachable = unsent || cause.code === Code.Unavailable;
  return (
    <Notice tone="bad" role="alert" title={title}>
      <Group justify="space-between" align="center">
        <Text size="sm">
          {unreachable ? i18n.t("The server can't be reached. The studio keeps trying.") : null}{" "}
          {unsent ? null : <bdi lang="en">{cause.rawMessage}</bdi>}
        </Text>
        {onRetry === undefined ? null : (
          <Button size="xs" variant="default" onClick={onRetry}>
            {i18n.t("Try again")}
          </Button>
        )}
      </Group>
    </Notice>
  );
}
