import type { EventConflict } from "@laurel/client/gen/laurel/v1/ingest_service_pb.js";
import { Trans, useLingui } from "@lingui/react";
import { Checkbox, Stack, Table, Text } from "@mantine/core";
import { useState } from "react";
import { Facts } from "../ui/Facts.tsx";
import { ReviewDetail } from "./ReviewDetail.tsx";
import classes from "./ReviewRoom.module.css";
import { comparedFields, type ReviewSearch, sourceName } from "./review.model.ts";

interface ConflictDetailProps {
  readonly conflict: EventConflict;
  readonly search: ReviewSearch;
}

/** Both contents of one event id, field by field: the one that stands and the one that was refused. */
export function ConflictDetail({ conflict, search }: ConflictDetailProps) {
  const { i18n } = useLingui();
  const [all, setAll] = useState(false);
  const fields = comparedFields(conflict);
  const different = fields.filter(({ differs }) => differs).length;
  return (
    <ReviewDetail
      title={i18n.t("Conflict of {id}", { id: conflict.eventId })}
      heading={<Trans id="Conflict of {id}" values={{ id: <bdi>{conflict.eventId}</bdi> }} />}
      to="/events/conflicts"
      search={search}
    >
      <Stack gap="sm">
        <Text size="sm">
          {i18n.t(
            "The first content stands and was scored. The second was refused and changed nothing; its sender " +
              "was told so. If it is a new event, it has to be sent again under an id of its own.",
          )}
        </Text>
        <Facts facts={[{ name: i18n.t("Source"), value: <bdi>{sourceName(conflict.source)}</bdi> }]} />
        {conflict.stored === undefined ? (
          <Text size="sm" role="note">
            {i18n.t("The journal no longer has the first content: only what was refused can be shown.")}
          </Text>
        ) : null}
        <Checkbox
          label={i18n.t("Show equal fields too")}
          checked={all}
          onChange={(event) => setAll(event.currentTarget.checked)}
        />
        <Text size="sm" c="dimmed" role="status">
          {i18n.t("{count, plural, one {# field differs} other {# fields differ}}", { count: different })}
        </Text>
        <div className={classes.frame}>
          <Table className={classes.compared} aria-label={i18n.t("Both contents")}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{i18n.t("Field")}</Table.Th>
                <Table.Th scope="col">{i18n.t("Stored, it stands")}</Table.Th>
                <Table.Th scope="col">{i18n.t("Sent again, refused")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {fields
                .filter(({ differs }) => all || differs)
                .map(({ path, stored, sent, differs }) => (
                  <Table.Tr key={path} data-differs={differs || undefined}>
                    <Table.Th scope="row" className={classes.path}>
                      <bdi dir="ltr">{path}</bdi>
                    </Table.Th>
                    <Table.Td className={classes.value}>
                      <Value text={stored} />
                    </Table.Td>
                    <Table.Td className={classes.value}>
                      <Value text={sent} />
                    </Table.Td>
                  </Table.Tr>
                ))}
            </Table.Tbody>
          </Table>
        </div>
      </Stack>
    </ReviewDetail>
  );
}

function Value({ text }: { readonly text: string | undefined }) {
  const { i18n } = useLingui();
  if (text !== undefined) return <bdi>{text}</bdi>;
  return (
    <Text span size="sm" c="dimmed" ff="text">
      {i18n.t("not there")}
    </Text>
  );
}
