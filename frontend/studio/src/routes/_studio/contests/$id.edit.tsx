import { useQuery } from "@connectrpc/connect-query";
import { CatalogService } from "@laurel/client";
import { useLingui } from "@lingui/react";
import { Skeleton } from "@mantine/core";
import { createFileRoute } from "@tanstack/react-router";
import { EditorRoom } from "../../../contest/EditorRoom.tsx";
import { ErrorNotice } from "../../../ui/ErrorNotice.tsx";
import { useFormat } from "../../../ui/useFormat.ts";

export const Route = createFileRoute("/_studio/contests/$id/edit")({ component: EditContest });

function EditContest() {
  const { i18n } = useLingui();
  const format = useFormat();
  const { id } = Route.useParams();
  // Read once: what somebody publishes meanwhile shows as a conflict, not as a text that changes under the cursor.
  const query = useQuery(
    CatalogService.method.getDefinition,
    { kind: "Contest", id, version: 0 },
    { staleTime: 0, gcTime: 0, refetchOnWindowFocus: false, refetchOnReconnect: false },
  );
  const definition = query.data?.definition;
  if (query.error !== null) {
    return (
      <ErrorNotice
        error={query.error}
        title={i18n.t("The definition can't be read.")}
        onRetry={() => void query.refetch()}
      />
    );
  }
  if (definition === undefined) return <Skeleton height={420} animate={false} />;
  return (
    <EditorRoom
      key={id}
      title={i18n.t("Edit {id}", { id })}
      description={i18n.t("Publishing makes version {version}; earlier versions stay as they are.", {
        version: format.count(definition.version + 1),
      })}
      initial={definition.yaml}
      baseVersion={definition.version}
    />
  );
}
