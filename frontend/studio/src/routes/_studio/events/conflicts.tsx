import { useInfiniteQuery } from "@connectrpc/connect-query";
import { IngestService } from "@laurel/client";
import { useLingui } from "@lingui/react";
import { keepPreviousData } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { ConflictAbout } from "../../../ingest/ConflictAbout.tsx";
import { ConflictDetail } from "../../../ingest/ConflictDetail.tsx";
import { ReviewList, ReviewRoom } from "../../../ingest/ReviewRoom.tsx";
import { ReviewTable } from "../../../ingest/ReviewTable.tsx";
import { conflictKey, type ReviewSearch, reviewSearch } from "../../../ingest/review.model.ts";
import { useArrivals } from "../../../ingest/useArrivals.ts";
import { useAskedText } from "../../../ingest/useAskedText.ts";
import { EmptyState } from "../../../ui/EmptyState.tsx";
import { CheckIcon } from "../../../ui/icons.tsx";
import { nextPage, pageRows } from "../../../ui/pages.ts";

export const Route = createFileRoute("/_studio/events/conflicts")({
  validateSearch: (search: Record<string, unknown>): ReviewSearch => reviewSearch(search),
  component: Conflicts,
});

const pollMillis = 5_000;

function Conflicts() {
  const { i18n } = useLingui();
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  const text = useAskedText(search.q);
  const list = useInfiniteQuery(
    IngestService.method.listConflicts,
    { pageSize: pageRows, pageToken: "", text },
    {
      pageParamKey: "pageToken",
      getNextPageParam: nextPage,
      refetchInterval: pollMillis,
      placeholderData: keepPreviousData,
    },
  );
  const read = list.data?.pages.flatMap((page) => page.conflicts) ?? [];
  const arrivals = useArrivals(read, conflictKey, list.isPlaceholderData ? undefined : text);
  const shown = arrivals.rows.find((conflict) => conflictKey(conflict) === search.show);
  return (
    <ReviewRoom
      list="conflicts"
      error={list.error}
      errorTitle={i18n.t("The conflicts can't be read.")}
      onRetry={() => void list.refetch()}
    >
      {list.data === undefined ? undefined : read.length === 0 && text === "" && !list.isPlaceholderData ? (
        <EmptyState icon={<CheckIcon size={28} />} title={i18n.t("No conflict so far")}>
          {i18n.t(
            "Each event has an id of its own. When one comes a second time with the same content, it is a " +
              "duplicate and changes nothing. When the content differs, the first stands, the second is " +
              "refused, and both show here side by side.",
          )}
        </EmptyState>
      ) : (
        <ReviewList
          query={search.q}
          placeholder={i18n.t("Event id")}
          onQuery={(q) => void navigate({ search: { ...search, q }, replace: true })}
          matched={arrivals.rows.length}
          read={read.length}
          pages={list}
          waiting={arrivals.waiting}
          onShow={arrivals.show}
          table={
            <ReviewTable
              label={i18n.t("Conflicts")}
              when={i18n.t("Refused")}
              to="/events/conflicts"
              search={search}
              rows={arrivals.rows.map((conflict) => ({
                key: conflictKey(conflict),
                eventId: conflict.eventId,
                about: <ConflictAbout conflict={conflict} />,
                at: conflict.refusedAt,
              }))}
            />
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
