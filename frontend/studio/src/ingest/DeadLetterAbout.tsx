import type { DeadLetter } from "@laurel/client/gen/laurel/v1/ingest_service_pb.js";
import { useLingui } from "@lingui/react";
import { Text } from "@mantine/core";
import { isolate } from "../ui/text.model.ts";

/** A dead letter in two lines: its reason, then whose event it is, for which contest it failed and what it comes from. */
export function DeadLetterAbout({ letter }: { readonly letter: DeadLetter }) {
  const { i18n } = useLingui();
  const { reason, userId, contestId, originEventId } = letter;
  const about = [
    userId === "" ? "" : isolate(userId),
    contestId === "" ? i18n.t("all contests") : isolate(contestId),
    originEventId === "" ? "" : i18n.t("from {id}", { id: isolate(originEventId) }),
  ];
  return (
    <>
      <bdi lang="en">{reason}</bdi>
      <Text span display="block" size="xs" c="dimmed">
        {about.filter((part) => part !== "").join(" · ")}
      </Text>
    </>
  );
}
