import { useQuery } from "@connectrpc/connect-query";
import { IngestService } from "@laurel/client";
import { useLingui } from "@lingui/react";
import { Skeleton } from "@mantine/core";
import { createFileRoute } from "@tanstack/react-router";
import { ConflictDetail } from "../../../ingest/ConflictDetail.tsx";
import { ConflictTable } from "../../../ingest/ConflictTable.tsx";
import { ReviewList, ReviewRoom } from "../../../ingest/ReviewRoom.tsx";
import {
  conflictKey,
  filterConflicts,
  type ReviewSearch,
  reviewLimit,
  reviewSearch,
} from "../../../ingest/review.model.ts";
import { useArrivals } from "../../../ingest/useArrivals.ts";
import { EmptyState } from "../../../ui/EmptyState.tsx";
import { ErrorNotice } from "../../../ui/ErrorNotice.tsx";
import { CheckIcon, SearchIcon } from "../../../ui/icons.tsx";

export const Route = createFileRoute("/_studio/events/conflicts")({
  validateSearch: (search: Record<string, unknown>): ReviewSearch => reviewSearch(search),
  component: Conflicts,
});

const pollMillis = 5_000;

function Conflicts() {
  const { i18n } = useLingui();
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  const list = useQuery(
    IngestService.method.listConflicts,
    { pageSize: reviewLimit },
    { refetchInterval: pollMillis },
  );
  const arrivals = useArrivals(list.data?.conflicts ?? [], conflictKey);
  const matched = filterConflicts(arrivals.rows, search.q);
  const shown = arrivals.rows.find((conflict) => conflictKey(conflict) === search.show);
  return (
    <ReviewRoom list="conflicts">
      {list.error === null ? null : (
        <ErrorNotice
          error={list.error}
          title={i18n.t("The conflicts can't be read.")}
          onRetry={() => void list.refetch()}
        />
      )}
      {list.data === undefined ? (
        list.error === null ? (
          <Skeleton height={320} animate={false} />
        ) : null
      ) : list.data.conflicts.length === 0 ? (
        <EmptyState icon={<CheckIcon size={28} />} title={i18n.t("No conflict so far")}>
          {i18n.t(
            "Each event has an id of its own. When one comes a second time with the same content, it is a duplicate and changes nothing. When the content differs, the first stands, the second is refused, and both show here side by side.",
          )}
        </EmptyState>
      ) : (
        <ReviewList
          query={search.q}
          placeholder={i18n.t("Event id or player")}
          onQuery={(q) => void navigate({ search: { ...search, q }, replace: true })}
          matched={matched.length}
          read={list.data.conflicts.length}
          waiting={arrivals.waiting}
          onShow={arrivals.show}
          table={
            matched.length === 0 ? (
              <EmptyState icon={<SearchIcon size={28} />} title={i18n.t("No event matches")}>
                {i18n.t("Clear the filter to see all of them.")}
              </EmptyState>
            ) : (
              <ConflictTable conflicts={matched} search={search} />
            )
          }
          detail={
            shown === undefined ? undefined : (
              <ConflictDetail key={search.show} conflict={shown} search={search} />
            )
          }
        />
      )}
    </ReviewRoom>
  );
}
