import type { ConnectError } from "@connectrpc/connect";
import { useLingui } from "@lingui/react";
import { Button, Group, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import type { ComponentProps, ReactNode } from "react";
import { EmptyState } from "../ui/EmptyState.tsx";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { SearchIcon } from "../ui/icons.tsx";
import { RoomLink } from "../ui/links.tsx";
import { MorePages } from "../ui/MorePages.tsx";
import { PageHead } from "../ui/PageHead.tsx";
import { useFormat } from "../ui/useFormat.ts";
import classes from "./ReviewRoom.module.css";

interface ReviewRoomProps {
  readonly list: "dead-letters" | "conflicts";
  readonly error: ConnectError | null;
  /** What an error means here. */
  readonly errorTitle: string;
  readonly onRetry: () => void;
  /** The list; undefined until it was read. */
  readonly children: ReactNode | undefined;
}

/** The head of both lists, the way from one to the other, and what to say while a list can't be read. */
export function ReviewRoom({ list, error, errorTitle, onRetry, children }: ReviewRoomProps) {
  const { i18n } = useLingui();
  const lists = [
    { key: "dead-letters", to: "/events/dead-letters", name: i18n.t("Dead letters") },
    { key: "conflicts", to: "/events/conflicts", name: i18n.t("Conflicts") },
  ] as const;
  return (
    <>
      <PageHead
        title={lists.find(({ key }) => key === list)?.name ?? ""}
        description={
          list === "conflicts"
            ? i18n.t("Events that were refused because their id was already used with other content.")
            : i18n.t("Events that were accepted and stored, but could not be scored.")
        }
      />
      <nav aria-label={i18n.t("Events to review")} className={classes.lists}>
        {lists.map(({ key, to, name }) => (
          <RoomLink key={key} to={to} className={classes.list} activeOptions={{ includeSearch: false }}>
            {name}
          </RoomLink>
        ))}
      </nav>
      {error === null ? null : <ErrorNotice error={error} title={errorTitle} onRetry={onRetry} />}
      {children === undefined && error === null ? <Skeleton height={320} animate={false} /> : children}
    </>
  );
}

interface ReviewListProps {
  readonly query: string | undefined;
  readonly placeholder: string;
  readonly onQuery: (query: string | undefined) => void;
  /** Rows that the filter lets through, and rows that are there. */
  readonly matched: number;
  readonly read: number;
  /** How the list goes on. */
  readonly pages: ComponentProps<typeof MorePages>;
  readonly waiting: number;
  readonly onShow: () => void;
  /** The rows that the filter lets through. */
  readonly table: ReactNode;
  /** The row that is shown whole; it takes the place of the list where there is no room for both. */
  readonly detail: ReactNode | undefined;
}

/** A filter, how much there is, what waits, the list, and beside it the row that is shown whole. */
export function ReviewList(props: ReviewListProps) {
  const { query, placeholder, onQuery, matched, read, pages, waiting, onShow, table, detail } = props;
  const { i18n } = useLingui();
  const format = useFormat();
  return (
    <div className={classes.parts} data-open={detail === undefined ? undefined : true}>
      <Stack gap="xs" className={classes.rows}>
        <Group component="search" align="end" gap="sm">
          <TextInput
            label={i18n.t("Find")}
            placeholder={placeholder}
            leftSection={<SearchIcon size={16} />}
            value={query ?? ""}
            maxLength={300}
            onChange={(event) => onQuery(event.currentTarget.value || undefined)}
            flex="1 1 14rem"
            maw={420}
          />
          {query === undefined ? null : (
            <Button variant="subtle" onClick={() => onQuery(undefined)}>
              {i18n.t("Clear")}
            </Button>
          )}
        </Group>
        <Group gap="sm" mih={36} justify="space-between">
          <Text size="sm" c="dimmed" role="status">
            {!pages.hasNextPage
              ? i18n.t("{count, plural, one {# event} other {# events}}", { count: matched })
              : i18n.t("{count, plural, one {# event} other {# events}} of the newest {limit}", {
                  count: matched,
                  limit: format.count(read),
                })}
          </Text>
          {waiting === 0 ? null : (
            <Button size="xs" variant="light" onClick={onShow}>
              {i18n.t("{count, plural, one {# new: show} other {# new: show}}", { count: waiting })}
            </Button>
          )}
        </Group>
        {matched === 0 ? (
          <EmptyState icon={<SearchIcon size={28} />} title={i18n.t("No event matches")}>
            {i18n.t("Clear the filter to see all of them.")}
          </EmptyState>
        ) : (
          table
        )}
        <MorePages {...pages} />
      </Stack>
      {detail === undefined ? null : <div className={classes.detail}>{detail}</div>}
    </div>
  );
}
