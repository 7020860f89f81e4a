import { Stack, Text, ThemeIcon, Title } from "@mantine/core";
import type { ReactNode } from "react";

interface EmptyStateProps {
  readonly icon: ReactNode;
  readonly title: ReactNode;
  readonly children: ReactNode;
  readonly action?: ReactNode;
  /** 1 where the room has no other title, 3 inside a titled panel. */
  readonly order?: 1 | 2 | 3;
}

/** What a room shows before there is anything: what this is, and one thing to do. */
export function EmptyState({ icon, title, children, action, order = 2 }: EmptyStateProps) {
  return (
    <Stack align="center" gap="sm" py={48} px="md" ta="center">
      <ThemeIcon size={56} radius="xl" variant="light" aria-hidden="true">
        {icon}
      </ThemeIcon>
      <Title order={order} size="h3">
        {title}
      </Title>
      <Text c="dimmed" maw={560} component="div">
        {children}
      </Text>
      {action}
    </Stack>
  );
}
