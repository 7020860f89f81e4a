import type { Definition } from "@laurel/client/gen/laurel/v1/catalog_service_pb.js";
import { useLingui } from "@lingui/react";
import { Group, SimpleGrid, Skeleton, Text } from "@mantine/core";
import { lazy, Suspense } from "react";
import { RoomButton } from "../ui/links.tsx";
import { Panel } from "../ui/Panel.tsx";
import { useFormat } from "../ui/useFormat.ts";

const DocumentsCompared = lazy(() => import("./DocumentsCompared.tsx"));

interface VersionComparedProps {
  readonly contestId: string;
  readonly earlier: Definition;
  readonly newest: Definition;
  /** Whether the reader may publish, and so go back to the earlier version. */
  readonly publishes: boolean;
}

/** What changed between an earlier version and the newest. */
export function VersionCompared({ contestId, earlier, newest, publishes }: VersionComparedProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  const name = (definition: Definition) =>
    i18n.t("Version {version}", { version: format.count(definition.version) });
  return (
    <Panel
      title={i18n.t("What changed since version {version}", { version: format.count(earlier.version) })}
      aside={
        <Group gap="xs">
          {publishes ? (
            <RoomButton
              to="/contests/$id/edit"
              params={{ id: contestId }}
              search={{ from: earlier.version }}
              variant="default"
              size="xs"
            >
              {i18n.t("Go back to version {version}…", { version: format.count(earlier.version) })}
            </RoomButton>
          ) : null}
          <RoomButton
            to="/contests/$id"
            params={{ id: contestId }}
            search={{}}
            variant="default"
            size="xs"
            resetScroll={false}
          >
            {i18n.t("Close")}
          </RoomButton>
        </Group>
      }
    >
      <SimpleGrid cols={2} dir="ltr" mb="xs">
        <Text size="sm" fw={650} dir="auto">
          {name(earlier)}
        </Text>
        <Text size="sm" fw={650} dir="auto">
          {name(newest)}
        </Text>
      </SimpleGrid>
      <Suspense fallback={<Skeleton height={200} animate={false} />}>
        <DocumentsCompared
          theirs={earlier.yaml}
          mine={newest.yaml}
          theirsLabel={name(earlier)}
          mineLabel={name(newest)}
        />
      </Suspense>
    </Panel>
  );
}
