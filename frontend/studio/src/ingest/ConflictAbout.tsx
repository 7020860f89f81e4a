import type { EventConflict } from "@laurel/client/gen/laurel/v1/ingest_service_pb.js";
import { Trans } from "@lingui/react";
import { sourceName } from "./review.model.ts";

/** A conflict in a line: whose event holds the id, and which source sent both. */
export function ConflictAbout({ conflict }: { readonly conflict: EventConflict }) {
  return (
    <>
      <bdi>{conflict.stored?.user?.id ?? "–"}</bdi>
      {" · "}
      <Trans id="source {source}" values={{ source: <bdi>{sourceName(conflict.source)}</bdi> }} />
    </>
  );
}
