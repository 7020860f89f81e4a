import { useQuery } from "@connectrpc/connect-query";
import { CatalogService } from "@laurel/client";
import { useLingui } from "@lingui/react";
import { Skeleton } from "@mantine/core";
import { createFileRoute } from "@tanstack/react-router";
import { type EditSearch, editSearch } from "../../../contest/contest.model.ts";
import { EditorRoom } from "../../../contest/EditorRoom.tsx";
import { NoContest } from "../../../contest/NoContest.tsx";
import { useFormat } from "../../../ui/useFormat.ts";

export const Route = createFileRoute("/_studio/contests/$id/edit")({
  validateSearch: (search: Record<string, unknown>): EditSearch => editSearch(search),
  component: EditContest,
});

// Read once: what somebody publishes meanwhile shows as a conflict, not as a text that changes under the cursor.
const readOnce = { staleTime: 0, gcTime: 0, refetchOnWindowFocus: false, refetchOnReconnect: false };

function EditContest() {
  const { i18n } = useLingui();
  const format = useFormat();
  const { id } = Route.useParams();
  const { from } = Route.useSearch();
  const query = useQuery(CatalogService.method.getDefinition, { kind: "Contest", id, version: 0 }, readOnce);
  const earlier = useQuery(
    CatalogService.method.getDefinition,
    { kind: "Contest", id, version: from ?? 0 },
    { ...readOnce, enabled: from !== undefined },
  );
  const newest = query.data?.definition;
  const start = from === undefined ? newest : earlier.data?.definition;
  const failed = query.error ?? earlier.error;
  if (failed !== null) {
    const retry = query.error === null ? earlier.refetch : query.refetch;
    return <NoContest id={id} error={failed} onRetry={() => void retry()} />;
  }
  if (newest === undefined || start === undefined) return <Skeleton height={420} animate={false} />;
  const next = format.count(newest.version + 1);
  return (
    <EditorRoom
      key={`${id} ${from ?? ""}`}
      title={i18n.t("Edit {id}", { id })}
      description={
        from === undefined
          ? i18n.t("Publishing makes version {version}; earlier versions stay as they are.", {
              version: next,
            })
          : i18n.t("The text of version {from}: publishing makes it version {version}.", {
              from: format.count(from),
              version: next,
            })
      }
      contestId={id}
      initial={start.yaml}
      newest={{ version: newest.version, yaml: newest.yaml }}
    />
  );
}
