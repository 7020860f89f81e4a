import type { DeadLetter } from "@laurel/client/gen/laurel/v1/ingest_service_pb.js";
import { Trans, useLingui } from "@lingui/react";
import { Text } from "@mantine/core";

/** A dead letter in two lines: its reason, then whose event it is, for which contest it failed and what it comes from. */
export function DeadLetterAbout({ letter }: { readonly letter: DeadLetter }) {
  const { i18n } = useLingui();
  const { reason, userId, contestId, originEventId } = letter;
  return (
    <>
      <bdi lang="en">{reason}</bdi>
      <Text span display="block" size="xs" c="dimmed">
        {userId === "" ? null : (
          <>
            <bdi>{userId}</bdi>
            {" · "}
          </>
        )}
        {contestId === "" ? i18n.t("all contests") : <bdi>{contestId}</bdi>}
        {originEventId === "" ? null : (
          <>
            {" · "}
            <Trans id="from {id}" values={{ id: <bdi>{originEventId}</bdi> }} />
          </>
        )}
      </Text>
    </>
  );
}
