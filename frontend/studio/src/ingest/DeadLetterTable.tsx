import type { DeadLetter } from "@laurel/client/gen/laurel/v1/ingest_service_pb.js";
import { useLingui } from "@lingui/react";
import { Table, Text } from "@mantine/core";
import { RoomLink } from "../ui/links.tsx";
import { instantOf } from "../ui/time.model.ts";
import { useFormat } from "../ui/useFormat.ts";
import classes from "./ReviewRoom.module.css";
import { deadLetterKey, type ReviewSearch } from "./review.model.ts";

interface DeadLetterTableProps {
  readonly letters: readonly DeadLetter[];
  readonly search: ReviewSearch;
}

/** Events that could not be scored, the newest first. */
export function DeadLetterTable({ letters, search }: DeadLetterTableProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  return (
    <div className={classes.frame}>
      <Table className={classes.table} verticalSpacing="sm" aria-label={i18n.t("Dead letters")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{i18n.t("Event")}</Table.Th>
            <Table.Th scope="col" className={classes.when}>
              {i18n.t("Failed")}
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {letters.map((letter) => {
            const key = deadLetterKey(letter);
            const at = instantOf(letter.failedAt);
            return (
              <Table.Tr key={key} data-shown={key === search.show || undefined}>
                <Table.Th scope="row" fw="normal">
                  <RoomLink
                    to="/events/dead-letters"
                    search={{ ...search, show: key }}
                    resetScroll={false}
                    aria-current={key === search.show ? "true" : undefined}
                  >
                    <bdi dir="auto" className={classes.eventId} title={letter.eventId}>
                      {letter.eventId}
                    </bdi>
                  </RoomLink>
                  <Text size="sm" className={classes.reason}>
                    <bdi lang="en">{letter.reason}</bdi>
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
