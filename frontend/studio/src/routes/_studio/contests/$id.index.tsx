import { useInfiniteQuery, useQuery } from "@connectrpc/connect-query";
import { CatalogService, ContestService } from "@laurel/client";
import type { ContestState } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import { useLingui } from "@lingui/react";
import { Button, Grid, Skeleton, Stack } from "@mantine/core";
import { createFileRoute } from "@tanstack/react-router";
import { ContestFactsPanel } from "../../../contest/ContestFactsPanel.tsx";
import { type ContestSearch, contestSearch, titleOf, windowOf } from "../../../contest/contest.model.ts";
import { boardLinkName } from "../../../contest/contest.words.ts";
import { DefinitionText } from "../../../contest/DefinitionText.tsx";
import { LifeCycle } from "../../../contest/LifeCycle.tsx";
import { NoContest } from "../../../contest/NoContest.tsx";
import { PausedNotice } from "../../../contest/PausedNotice.tsx";
import { StateBadge } from "../../../contest/StateBadge.tsx";
import { VersionCompared } from "../../../contest/VersionCompared.tsx";
import { Versions } from "../../../contest/Versions.tsx";
import { WindowTimes } from "../../../contest/WindowTimes.tsx";
import { mayPublish } from "../../../operator/session.model.ts";
import { useSession } from "../../../operator/useSession.ts";
import { ErrorNotice } from "../../../ui/ErrorNotice.tsx";
import { BoardIcon } from "../../../ui/icons.tsx";
import { RoomButton } from "../../../ui/links.tsx";
import { MorePages } from "../../../ui/MorePages.tsx";
import { PageHead } from "../../../ui/PageHead.tsx";
import { Panel } from "../../../ui/Panel.tsx";
import { nextPage } from "../../../ui/pages.ts";

export const Route = createFileRoute("/_studio/contests/$id/")({
  validateSearch: (search: Record<string, unknown>): ContestSearch => contestSearch(search),
  component: ContestRoom,
});

const pollMillis = 3_000;

function ContestRoom() {
  const { i18n } = useLingui();
  const { id } = Route.useParams();
  const query = useQuery(ContestService.method.getContest, { id }, { refetchInterval: pollMillis });
  const newest = useQuery(CatalogService.method.getDefinition, { kind: "Contest", id, version: 0 });
  const { since } = Route.useSearch();
  const earlier = useQuery(
    CatalogService.method.getDefinition,
    { kind: "Contest", id, version: since ?? 0 },
    { enabled: since !== undefined, staleTime: Number.POSITIVE_INFINITY },
  );
  const publishes = mayPublish(useSession()?.operator?.roles ?? []);
  const contest = query.data?.contest;
  if (contest === undefined) {
    return query.error === null ? (
      <Skeleton height={320} animate={false} />
    ) : (
      <NoContest id={id} error={query.error} onRetry={() => void query.refetch()} />
    );
  }
  return (
    <>
      <PageHead
        title={titleOf(contest)}
        heading={<bdi>{titleOf(contest)}</bdi>}
        beside={<StateBadge state={contest.state} />}
        description={<WindowTimes window={windowOf(contest)} />}
        actions={<WaysOn id={id} state={contest.state} publishes={publishes} />}
      />
      {query.error === null ? null : (
        <ErrorNotice
          error={query.error}
          title={i18n.t("What you see may be out of date.")}
          onRetry={() => void query.refetch()}
        />
      )}
      <PausedNotice found={query.data} />
      <Stack gap="md">
        <Panel title={i18n.t("Life cycle")}>
          <LifeCycle contest={contest} />
        </Panel>
        <Grid gap="md">
          <Grid.Col span={{ base: 12, md: 5 }}>
            <ContestFactsPanel contest={contest} plan={query.data?.plan} />
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 7 }}>
            <Panel title={i18n.t("Versions")} h="100%">
              <VersionList contestId={id} />
            </Panel>
          </Grid.Col>
        </Grid>
        {since === undefined ? null : earlier.error !== null ? (
          <ErrorNotice error={earlier.error} title={i18n.t("The versions can't be read.")} />
        ) : earlier.data?.definition === undefined || newest.data?.definition === undefined ? (
          <Skeleton height={240} animate={false} />
        ) : (
          <VersionCompared
            contestId={id}
            earlier={earlier.data.definition}
            newest={newest.data.definition}
            publishes={publishes}
          />
        )}
        <DefinitionText yaml={query.data?.yaml ?? ""} />
      </Stack>
    </>
  );
}

interface WaysOnProps {
  readonly id: string;
  readonly state: ContestState;
  readonly publishes: boolean;
}

/** Where one goes from a contest: its board, its editor, its widget. */
function WaysOn({ id, state, publishes }: WaysOnProps) {
  const { i18n } = useLingui();
  return (
    <>
      <RoomButton to="/contests/$id/board" params={{ id }} leftSection={<BoardIcon size={16} />}>
        {boardLinkName(i18n, state)}
      </RoomButton>
      {publishes ? (
        <RoomButton to="/contests/$id/edit" params={{ id }} variant="default">
          {i18n.t("Edit")}
        </RoomButton>
      ) : null}
      <Button component="a" href={`/demo?contest=${encodeURIComponent(id)}`} variant="default">
        {i18n.t("Widget demo")}
      </Button>
    </>
  );
}

interface VersionListProps {
  readonly contestId: string;
}

/** The published versions, page by page. */
function VersionList({ contestId }: VersionListProps) {
  const { i18n } = useLingui();
  const versions = useInfiniteQuery(
    CatalogService.method.listDefinitionVersions,
    { kind: "Contest", id: contestId, pageToken: "" },
    { pageParamKey: "pageToken", getNextPageParam: nextPage },
  );
  if (versions.data === undefined) {
    return versions.error === null ? (
      <Skeleton height={120} animate={false} />
    ) : (
      <ErrorNotice error={versions.error} title={i18n.t("The versions can't be read.")} />
    );
  }
  return (
    <>
      <Versions versions={versions.data.pages.flatMap((page) => page.versions)} contestId={contestId} />
      <MorePages {...versions} />
    </>
  );
}
