import type { DeadLetter } from "@laurel/client/gen/laurel/v1/ingest_service_pb.js";
import { Trans, useLingui } from "@lingui/react";
import { Code, Stack, Text } from "@mantine/core";
import { Facts } from "../ui/Facts.tsx";
import { RoomLink } from "../ui/links.tsx";
import { instantOf } from "../ui/time.model.ts";
import { useFormat } from "../ui/useFormat.ts";
import { ReviewDetail } from "./ReviewDetail.tsx";
import { causeOf, type ReviewSearch } from "./review.model.ts";

interface DeadLetterDetailProps {
  readonly letter: DeadLetter;
  readonly search: ReviewSearch;
  /** Other letters with the same reason. */
  readonly alike: number;
}

/** Why one event could not be scored, what that means, and where to look. */
export function DeadLetterDetail({ letter, search, alike }: DeadLetterDetailProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  const stages: Record<string, string> = {
    journal: i18n.t("reading it from the journal"),
    rule: i18n.t("working out its points"),
    contest: i18n.t("adding it to the standings"),
  };
  return (
    <ReviewDetail
      title={i18n.t("Dead letter {id}", { id: letter.eventId })}
      heading={<Trans id="Dead letter {id}" values={{ id: <bdi>{letter.eventId}</bdi> }} />}
      to="/events/dead-letters"
      search={search}
    >
      <Stack gap="sm">
        <Facts
          facts={[
            { name: i18n.t("Reason"), value: <Code lang="en">{letter.reason}</Code> },
            { name: i18n.t("Failed while"), value: stages[letter.stage] ?? <bdi>{letter.stage}</bdi> },
            {
              name: i18n.t("Failed"),
              value: <Failed letter={letter} />,
            },
            {
              name: i18n.t("Player"),
              value: letter.userId === "" ? "–" : <bdi>{letter.userId}</bdi>,
            },
            {
              name: i18n.t("Contest"),
              value:
                letter.contestId === "" ? (
                  i18n.t("all contests")
                ) : (
                  <RoomLink to="/contests/$id" params={{ id: letter.contestId }}>
                    <bdi>{letter.contestId}</bdi>
                  </RoomLink>
                ),
            },
            ...(letter.originEventId === ""
              ? []
              : [
                  {
                    name: i18n.t("Emitted by Laurel"),
                    value: <Trans id="from {id}" values={{ id: <bdi>{letter.originEventId}</bdi> }} />,
                  },
                ]),
            {
              name: i18n.t("Others with the same reason"),
              value:
                alike === 0 ? (
                  format.count(0)
                ) : (
                  <RoomLink to="/events/dead-letters" search={{ ...search, q: causeOf(letter.reason) }}>
                    {i18n.t("{count, plural, one {# more} other {# more}}", { count: alike })}
                  </RoomLink>
                ),
            },
          ]}
        />
        <Consequence letter={letter} />
      </Stack>
    </ReviewDetail>
  );
}

/** When it failed, in the zone of the studio. */
function Failed({ letter }: { readonly letter: DeadLetter }) {
  const format = useFormat();
  const at = instantOf(letter.failedAt);
  if (at === undefined) {
    return "–";
  }
  return (
    <>
      <bdi>{format.instant(at, format.zone, true)}</bdi> <bdi>{format.zone}</bdi>
    </>
  );
}

/** What the failure means for the scores. */
function Consequence({ letter }: { readonly letter: DeadLetter }) {
  const { i18n } = useLingui();
  return (
    <Text size="sm">
      {letter.contestId === ""
        ? i18n.t(
            "The event is durable in the journal and its sender was told that it is accepted, but it changed no score.",
          )
        : i18n.t(
            "The event is durable in the journal and counts in every other contest, but it changed no score " +
              "in this one. Mend the contest's definition, so that later events are not lost in the same way.",
          )}
    </Text>
  );
}
