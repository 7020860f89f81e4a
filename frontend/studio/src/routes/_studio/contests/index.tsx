import { useQuery } from "@connectrpc/connect-query";
import { ContestService } from "@laurel/client";
import { useLingui } from "@lingui/react";
import { Skeleton, Text } from "@mantine/core";
import { createFileRoute } from "@tanstack/react-router";
import { ContestFilterBar } from "../../../contest/ContestFilterBar.tsx";
import { ContestTable } from "../../../contest/ContestTable.tsx";
import {
  type ContestFilter,
  filterContests,
  filterFromSearch,
  marketsOf,
} from "../../../contest/contest.model.ts";
import { mayPublish } from "../../../operator/session.model.ts";
import { useSession } from "../../../operator/useSession.ts";
import { EmptyState } from "../../../ui/EmptyState.tsx";
import { ErrorNotice } from "../../../ui/ErrorNotice.tsx";
import { ContestIcon, PlusIcon, SearchIcon } from "../../../ui/icons.tsx";
import { RoomButton } from "../../../ui/links.tsx";
import { PageHead } from "../../../ui/PageHead.tsx";

export const Route = createFileRoute("/_studio/contests/")({
  validateSearch: (search: Record<string, unknown>): ContestFilter => filterFromSearch(search),
  component: Contests,
});

const pollMillis = 5_000;

function Contests() {
  const { i18n } = useLingui();
  const filter = Route.useSearch();
  const navigate = Route.useNavigate();
  const list = useQuery(ContestService.method.listContests, {}, { refetchInterval: pollMillis });
  const publishes = mayPublish(useSession()?.operator?.roles ?? []);
  const contests = list.data?.contests ?? [];
  const shown = filterContests(contests, filter);
  return (
    <>
      <PageHead
        title={i18n.t("Contests")}
        description={i18n.t("Who races for what, and when.")}
        actions={
          contests.length === 0 || !publishes ? undefined : (
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
      {list.data === undefined ? (
        list.error === null ? (
          <Skeleton height={320} animate={false} />
        ) : null
      ) : contests.length === 0 ? (
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
            "A contest says which rounds score, how long, how ties break and what is won. It is a short text in YAML that the server checks while you type.",
          )}
        </EmptyState>
      ) : (
        <>
          <ContestFilterBar
            filter={filter}
            markets={marketsOf(contests)}
            onChange={(search) => void navigate({ search, replace: true })}
          />
          <Text size="sm" c="dimmed" mb="xs" role="status">
            {i18n.t("{count, plural, one {# contest} other {# contests}}", { count: shown.length })}
          </Text>
          {shown.length === 0 ? (
            <EmptyState icon={<SearchIcon size={28} />} title={i18n.t("No contest matches")}>
              {i18n.t("Clear the filter to see all of them.")}
            </EmptyState>
          ) : (
            <ContestTable contests={shown} />
          )}
        </>
      )}
    </>
  );
}
