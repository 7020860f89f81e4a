import { Box, Group, Paper, type PaperProps, Title } from "@mantine/core";
import type { ReactNode } from "react";

interface PanelProps extends PaperProps {
  readonly title?: string;
  /** Title when the heading needs more than text. */
  readonly heading?: ReactNode;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  readonly labelledBy?: string;
}

/** A framed part of a room; with a title it is a named region. */
export function Panel({ title, heading, aside, children, ...rest }: PanelProps) {
  return (
    <Paper
      component="section"
      aria-label={title}
      p="md"
      withBorder
      bg="var(--laurel-surface)"
      style={{ borderColor: "var(--laurel-line)" }}
      {...rest}
    >
      {title === undefined ? null : (
        <Group justify="space-between" align="flex-start" mb="sm" gap="xs" wrap="nowrap">
          <Title order={2} size="h5" flex="1 1 6rem" miw={0} style={{ overflowWrap: "anywhere" }}>
            {heading ?? title}
          </Title>
          {aside === undefined ? null : <Box miw="min-content">{aside}</Box>}
        </Group>
      )}
      {children}
    </Paper>
  );
}
