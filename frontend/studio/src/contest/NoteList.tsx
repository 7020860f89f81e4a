import type { DefinitionNote } from "@laurel/client/gen/laurel/v1/catalog_service_pb.js";
import { useLingui } from "@lingui/react";
import { Stack, Text } from "@mantine/core";

interface NoteListProps {
  readonly notes: readonly DefinitionNote[];
}

/** What the server has an author know of a document that may be published, warnings first. */
export function NoteList({ notes }: NoteListProps) {
  const { i18n } = useLingui();
  if (notes.length === 0) return null;
  const inOrder = notes.toSorted((a, b) => Number(b.warning) - Number(a.warning));
  return (
    <Stack component="ul" gap={6} m={0} p={0} aria-label={i18n.t("Notes")} style={{ listStyle: "none" }}>
      {inOrder.map(({ text, warning }) => (
        <li key={text}>
          <Text size="sm" c={warning ? "var(--laurel-warn)" : "dimmed"}>
            {warning ? <strong>{i18n.t("Warning:")}</strong> : null}{" "}
            <span lang="en" dir="auto">
              {text}
            </span>
          </Text>
        </li>
      ))}
    </Stack>
  );
}
