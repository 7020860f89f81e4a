import { Group, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

interface PageHeadProps {
  /** Title of the page; also the document's title. */
  readonly title: string;
  /** Title when the heading needs more than text. */
  readonly heading?: ReactNode;
  readonly beside?: ReactNode;
  readonly description?: ReactNode;
  readonly actions?: ReactNode;
}

/** The head of every room: one h1, what the room is for, and its main actions. */
export function PageHead({ title, heading, beside, description, actions }: PageHeadProps) {
  const documentTitle = `${title} · Laurel`;
  return (
    <Group justify="space-between" align="flex-start" gap="md" mb="lg">
      <title>{documentTitle}</title>
      <Stack gap={4} miw={0} flex="1 1 20rem">
        <Group gap="sm" align="center">
          <Title order={1} size="h2" style={{ overflowWrap: "anywhere" }}>
            {heading ?? title}
          </Title>
          {beside}
        </Group>
        {description === undefined ? null : (
          <Text c="dimmed" component="div">
            {description}
          </Text>
        )}
      </Stack>
      {actions === undefined ? null : <Group gap="xs">{actions}</Group>}
    </Group>
  );
}
