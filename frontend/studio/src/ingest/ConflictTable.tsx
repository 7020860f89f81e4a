import type { EventConflict } from "@laurel/client/gen/laurel/v1/ingest_service_pb.js";
import { useLingui } from "@lingui/react";
import { Table, Text } from "@mantine/core";
import { RoomLink } from "../ui/links.tsx";
import { instantOf } from "../ui/time.model.ts";
import { useFormat } from "../ui/useFormat.ts";
import classes from "./ReviewRoom.module.css";
import { conflictKey, type ReviewSearch } from "./review.model.ts";

interface ConflictTableProps {
  readonly conflicts: readonly EventConflict[];
  readonly search: ReviewSearch;
}

/** Refused re-uses of event ids, the newest first. */
export function ConflictTable({ conflicts, search }: ConflictTableProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  return (
    <div className={classes.frame}>
      <Table className={classes.table} verticalSpacing="sm" aria-label={i18n.t("Conflicts")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{i18n.t("Event")}</Table.Th>
            <Table.Th scope="col" className={classes.when}>
              {i18n.t("Refused")}
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {conflicts.map((conflict) => {
            const key = conflictKey(conflict);
            const at = instantOf(conflict.refusedAt);
            return (
              <Table.Tr key={key} data-shown={key === search.show || undefined}>
                <Table.Th scope="row" fw="normal">
                  <RoomLink
                    to="/events/conflicts"
                    search={{ ...search, show: key }}
                    resetScroll={false}
                    aria-current={key === search.show ? "true" : undefined}
                  >
                    <bdi dir="auto" className={classes.eventId} title={conflict.eventId}>
                      {conflict.eventId}
                    </bdi>
                  </RoomLink>
                  <Text size="sm" className={classes.reason}>
                    <bdi>{conflict.stored?.user?.id ?? "–"}</bdi>
                  </Text>
                </Table.Th>
                <Table.Td>
                  {at === undefined ? "–" : <bdi>{format.instant(at, format.zone, true)}</bdi>}
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </div>
  );
}
