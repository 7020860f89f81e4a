import { useInfiniteQuery, useQuery } from "@connectrpc/connect-query";
import { ContestService } from "@laurel/client";
import { useLingui } from "@lingui/react";
import { Skeleton, Text } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { ContestFilterBar } from "../../../contest/ContestFilterBar.tsx";
import { ContestTable } from "../../../contest/ContestTable.tsx";
import {
  type ContestFilter,
  filterFromSearch,
  marketsOf,
  requestOf,
} from "../../../contest/contest.model.ts";
import { mayPublish } from "../../../operator/session.model.ts";
import { useSession } from "../../../operator/useSession.ts";
import { EmptyState } from "../../../ui/EmptyState.tsx";
import { ErrorNotice } from "../../../ui/ErrorNotice.tsx";
import { ContestIcon, PlusIcon, SearchIcon } from "../../../ui/icons.tsx";
import { RoomButton } from "../../../ui/links.tsx";
import { MorePages } from "../../../ui/MorePages.tsx";
import { PageHead } from "../../../ui/PageHead.tsx";
import { nextPage, pageRows } from "../../../ui/pages.ts";

export const Route = createFileRoute("/_studio/contests/")({
  validateSearch: (search: Record<string, unknown>): ContestFilter => filterFromSearch(search),
  component: Contests,
});

const pollMillis = 5_000;
const firstStaleMillis = 30_000;

function Contests() {
  const { i18n } = useLingui();
  const filter = Route.useSearch();
  const navigate = Route.useNavigate();
  const list = useInfiniteQuery(
    ContestService.method.listContests,
    { ...requestOf(filter), pageToken: "" },
    {
      pageParamKey: "pageToken",
      getNextPageParam: nextPage,
      refetchInterval: pollMillis,
      placeholderData: keepPreviousData,
    },
  );
  // What there is without the filter: whether there is any, and the markets to choose from.
  const first = useQuery(
    ContestService.method.listContests,
    { pageSize: pageRows },
    { staleTime: firstStaleMillis },
  );
  const publishes = mayPublish(useSession()?.operator?.roles ?? []);
  const contests = first.data?.contests ?? [];
  const shown = list.data?.pages.flatMap((page) => page.contests) ?? [];
  const none = contests.length === 0 && shown.length === 0;
  const count = shown.length;
  return (
    <>
      <PageHead
        title={i18n.t("Contests")}
        description={i18n.t("Who races for what, and when.")}
        actions={
          none || !publishes ? undefined : (
            <RoomButton to="/contests/new" leftSection={<PlusIcon size={16} />}>
              {i18n.t("New contest")}
            </RoomButton>
          )
        }
      />
      {list.error === null ? null : (
        <ErrorNotice
          error={list.error}
          title={i18n.t("The contests can't be read.")}
          onRetry={() => void list.refetch()}
        />
      )}
      {list.data === undefined || first.isPending ? (
        list.error === null ? (
          <Skeleton height={320} animate={false} />
        ) : null
      ) : none ? (
        <NoContestYet publishes={publishes} />
      ) : (
        <>
          <ContestFilterBar
            filter={filter}
            markets={marketsOf(contests)}
            onChange={(search) => void navigate({ search, replace: true })}
          />
          <Text size="sm" c="dimmed" mb="xs" role="status">
            {list.hasNextPage
              ? i18n.t("the first {count, plural, one {# contest} other {# contests}}", { count })
              : i18n.t("{count, plural, one {# contest} other {# contests}}", { count })}
          </Text>
          {count === 0 ? <NoContestMatches /> : <ContestTable contests={shown} />}
          <MorePages {...list} />
        </>
      )}
    </>
  );
}

interface NoContestYetProps {
  readonly publishes: boolean;
}

/** What a contest is, for who has none. */
function NoContestYet({ publishes }: NoContestYetProps) {
  const { i18n } = useLingui();
  return (
    <EmptyState
      icon={<ContestIcon size={28} />}
      title={i18n.t("No contest yet")}
      action={
        publishes ? (
          <RoomButton to="/contests/new" size="md">
            {i18n.t("Start from an example")}
          </RoomButton>
        ) : null
      }
    >
      {i18n.t(
        "A contest says which rounds score, how long, how ties break and what is won. It is a short text " +
          "in YAML that the server checks while you type.",
      )}
    </EmptyState>
  );
}

function NoContestMatches() {
  const { i18n } = useLingui();
  return (
    <EmptyState icon={<SearchIcon size={28} />} title={i18n.t("No contest matches")}>
      {i18n.t("Clear the filter to see all of them.")}
    </EmptyState>
  );
}
