import type { DefinitionSummary } from "@laurel/client/gen/laurel/v1/catalog_service_pb.js";
import { useLingui } from "@lingui/react";
import { Table, Text } from "@mantine/core";
import { RoomLink } from "../ui/links.tsx";
import { instantOf } from "../ui/time.model.ts";
import { useFormat } from "../ui/useFormat.ts";
import { ZonedHead } from "../ui/ZonedHead.tsx";

interface VersionsProps {
  /** Newest first. */
  readonly versions: readonly DefinitionSummary[];
  readonly contestId: string;
}

/** The published versions of a definition with their hashes. */
export function Versions({ versions, contestId }: VersionsProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  const newest = versions[0]?.version;
  return (
    <Table.ScrollContainer
      minWidth={480}
      type="native"
      tabIndex={0}
      role="group"
      aria-label={i18n.t("Versions")}
    >
      <Table aria-label={i18n.t("Versions")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{i18n.t("Version")}</Table.Th>
            <Table.Th scope="col">
              <ZonedHead name={i18n.t("Published")} />
            </Table.Th>
            <Table.Th scope="col">{i18n.t("By")}</Table.Th>
            <Table.Th scope="col">{i18n.t("Hash")}</Table.Th>
            <Table.Th scope="col">{i18n.t("Changes")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {versions.map((version) => {
            const at = instantOf(version.publishedAt);
            return (
              <Table.Tr key={version.version}>
                <Table.Th scope="row">{format.count(version.version)}</Table.Th>
                <Table.Td>
                  {at === undefined ? "–" : <bdi>{format.instant(at, format.zone, true)}</bdi>}
                </Table.Td>
                <Table.Td>
                  <bdi>{version.publishedBy}</bdi>
                </Table.Td>
                <Table.Td>
                  <Text span ff="monospace" size="sm" title={version.hash} className="ltr">
                    {version.hash.slice(0, 12)}…
                  </Text>
                </Table.Td>
                <Table.Td>
                  {version.version === newest ? (
                    i18n.t("newest")
                  ) : (
                    <RoomLink
                      to="/contests/$id"
                      params={{ id: contestId }}
                      search={{ since: version.version }}
                      resetScroll={false}
                      size="sm"
                      aria-label={i18n.t("Compare version {version} with the newest", {
                        version: format.count(version.version),
                      })}
                    >
                      {i18n.t("Compare")}
                    </RoomLink>
                  )}
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
