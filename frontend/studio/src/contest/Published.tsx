import { useLingui } from "@lingui/react";
import { Group, Text } from "@mantine/core";
import { RoomLink } from "../ui/links.tsx";
import { useFormat } from "../ui/useFormat.ts";

interface PublishedProps {
  readonly text: string;
  /** The contest; undefined for a definition of another kind, which has no room to lead to. */
  readonly contestId: string | undefined;
  readonly version: number;
}

/** Says that a version is published, and leads to the one before it: published again, it undoes this one. */
export function Published({ text, contestId, version }: PublishedProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  return (
    <Group gap="xs" justify="space-between">
      <Text span size="sm">
        {text}
      </Text>
      {version < 2 || contestId === undefined ? null : (
        <RoomLink to="/contests/$id/edit" params={{ id: contestId }} search={{ from: version - 1 }} size="sm">
          {i18n.t("Go back to version {version}…", { version: format.count(version - 1) })}
        </RoomLink>
      )}
    </Group>
  );
}
