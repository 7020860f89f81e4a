import { useInfiniteQuery } from "@connectrpc/connect-query";
import { IngestService } from "@laurel/client";
import { useLingui } from "@lingui/react";
import { keepPreviousData } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { Causes } from "../../../ingest/Causes.tsx";
import { DeadLetterAbout } from "../../../ingest/DeadLetterAbout.tsx";
import { DeadLetterDetail } from "../../../ingest/DeadLetterDetail.tsx";
import { ReviewList, ReviewRoom } from "../../../ingest/ReviewRoom.tsx";
import { ReviewTable } from "../../../ingest/ReviewTable.tsx";
import {
  causeOf,
  causesOf,
  deadLetterKey,
  filterDeadLetters,
  type ReviewSearch,
  reviewSearch,
} from "../../../ingest/review.model.ts";
import { useArrivals } from "../../../ingest/useArrivals.ts";
import { useAskedText } from "../../../ingest/useAskedText.ts";
import { EmptyState } from "../../../ui/EmptyState.tsx";
import { CheckIcon } from "../../../ui/icons.tsx";
import { nextPage, pageRows } from "../../../ui/pages.ts";

export const Route = createFileRoute("/_studio/events/dead-letters")({
  validateSearch: (search: Record<string, unknown>): ReviewSearch => reviewSearch(search),
  component: DeadLetters,
});

const pollMillis = 5_000;

function DeadLetters() {
  const { i18n } = useLingui();
  const search = Route.useSearch();
  const navigate = Route.useNavigate();
  const text = useAskedText(search.q);
  const list = useInfiniteQuery(
    IngestService.method.listDeadLetters,
    { pageSize: pageRows, pageToken: "", text },
    {
      pageParamKey: "pageToken",
      getNextPageParam: nextPage,
      refetchInterval: pollMillis,
      placeholderData: keepPreviousData,
    },
  );
  const read = list.data?.pages.flatMap((page) => page.deadLetters) ?? [];
  const arrivals = useArrivals(read, deadLetterKey, list.isPlaceholderData ? undefined : text);
  const matched = filterDeadLetters(arrivals.rows, search.q);
  const causes = causesOf(arrivals.rows);
  const shown = arrivals.rows.find((letter) => deadLetterKey(letter) === search.show);
  return (
    <ReviewRoom
      list="dead-letters"
      error={list.error}
      errorTitle={i18n.t("The dead letters can't be read.")}
      onRetry={() => void list.refetch()}
    >
      {list.data === undefined ? undefined : read.length === 0 && text === "" && !list.isPlaceholderData ? (
        <NoDeadLetter />
      ) : (
        <>
          <Causes causes={causes} more={list.hasNextPage} found={text !== ""} />
          <ReviewList
            query={search.q}
            placeholder={i18n.t("Event id or reason")}
            onQuery={(q) => void navigate({ search: { ...search, q }, replace: true })}
            matched={matched.length}
            read={read.length}
            pages={list}
            waiting={arrivals.waiting}
            onShow={arrivals.show}
            table={
              <ReviewTable
                label={i18n.t("Dead letters")}
                when={i18n.t("Failed")}
                to="/events/dead-letters"
                search={search}
                rows={matched.map((letter) => ({
                  key: deadLetterKey(letter),
                  eventId: letter.eventId,
                  about: <DeadLetterAbout letter={letter} />,
                  at: letter.failedAt,
                }))}
              />
            }
            detail={
              shown === undefined ? undefined : (
                <DeadLetterDetail
                  letter={shown}
                  search={search}
                  alike={(causes.find(({ cause }) => cause === causeOf(shown.reason))?.count ?? 1) - 1}
                />
              )
            }
          />
        </>
      )}
    </ReviewRoom>
  );
}

function NoDeadLetter() {
  const { i18n } = useLingui();
  return (
    <EmptyState icon={<CheckIcon size={28} />} title={i18n.t("No dead letter so far")}>
      {i18n.t(
        "An event that a contest can't score, for example because its formula divides by zero, is set " +
          "aside here with the reason. It holds nothing up: the events after it are scored as ever.",
      )}
    </EmptyState>
  );
}
