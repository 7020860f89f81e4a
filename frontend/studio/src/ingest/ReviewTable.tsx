import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { useLingui } from "@lingui/react";
import { Table, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { RoomLink } from "../ui/links.tsx";
import { instantOf } from "../ui/time.model.ts";
import { useFormat } from "../ui/useFormat.ts";
import { ZonedHead } from "../ui/ZonedHead.tsx";
import classes from "./ReviewRoom.module.css";
import type { ReviewAddress, ReviewSearch } from "./review.model.ts";

/** A row of a list to review. */
export interface ReviewRow {
  readonly key: string;
  readonly eventId: string;
  /** What stands below the event's id. */
  readonly about: ReactNode;
  readonly at: Timestamp | undefined;
}

interface ReviewTableProps {
  readonly label: string;
  /** Name of the column of times. */
  readonly when: string;
  readonly to: ReviewAddress;
  readonly rows: readonly ReviewRow[];
  readonly search: ReviewSearch;
}

/** Events to review, the newest first; each leads to the whole of it. */
export function ReviewTable({ label, when, to, rows, search }: ReviewTableProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  return (
    <div className={classes.frame}>
      <Table className={classes.table} verticalSpacing="sm" aria-label={label}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{i18n.t("Event")}</Table.Th>
            <Table.Th scope="col" className={classes.when}>
              <ZonedHead name={when} />
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(({ key, eventId, about, at }) => {
            const instant = instantOf(at);
            const shown = key === search.show;
            return (
              <Table.Tr key={key} data-shown={shown || undefined}>
                <Table.Th scope="row" fw="normal">
                  <RoomLink to={to} search={{ ...search, show: key }} resetScroll={false}>
                    <bdi dir="auto" className={classes.eventId} title={eventId}>
                      {eventId}
                    </bdi>
                  </RoomLink>
                  <Text size="sm" className={classes.reason}>
                    {about}
                  </Text>
                </Table.Th>
                <Table.Td>
                  {instant === undefined ? "–" : <bdi>{format.instant(instant, format.zone, true)}</bdi>}
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </div>
  );
}
