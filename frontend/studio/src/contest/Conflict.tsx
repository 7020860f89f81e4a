import type { Definition } from "@laurel/client/gen/laurel/v1/catalog_service_pb.js";
import { useLingui } from "@lingui/react";
import { Button, Group, SimpleGrid, Skeleton, Stack, Text } from "@mantine/core";
import { lazy, Suspense } from "react";
import { Notice } from "../ui/Notice.tsx";
import { useFormat } from "../ui/useFormat.ts";

const DocumentsCompared = lazy(() => import("./DocumentsCompared.tsx"));

interface ConflictProps {
  readonly theirs: Definition;
  readonly mine: string;
  readonly onKeepMine: () => void;
  readonly onTakeTheirs: () => void;
}

/** Somebody published meanwhile: shows both documents and lets the author decide. Nothing is overwritten by itself. */
export function Conflict({ theirs, mine, onKeepMine, onTakeTheirs }: ConflictProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  const theirsLabel = i18n.t("Version {version}, published by {author}", {
    version: format.count(theirs.version),
    author: theirs.publishedBy,
  });
  const mineLabel = i18n.t("Yours, not published");
  return (
    <Notice
      tone="warn"
      role="alert"
      title={i18n.t("Somebody published a newer version while you were editing")}
    >
      <Stack gap="sm">
        <SimpleGrid cols={2} dir="ltr">
          <Text size="sm" fw={650} dir="auto">
            {theirsLabel}
          </Text>
          <Text size="sm" fw={650} dir="auto">
            {mineLabel}
          </Text>
        </SimpleGrid>
        <Suspense fallback={<Skeleton height={200} animate={false} />}>
          <DocumentsCompared
            theirs={theirs.yaml}
            mine={mine}
            theirsLabel={theirsLabel}
            mineLabel={mineLabel}
          />
        </Suspense>
        <Group gap="sm">
          <Button onClick={onKeepMine} variant="default">
            {i18n.t("Go on with mine, on top of version {version}", {
              version: format.count(theirs.version),
            })}
          </Button>
          <Button onClick={onTakeTheirs} variant="default">
            {i18n.t("Take theirs and drop mine")}
          </Button>
        </Group>
      </Stack>
    </Notice>
  );
}
