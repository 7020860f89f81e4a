import { useLingui } from "@lingui/react";
import { isNotFound } from "../rpc.ts";
import { EmptyState } from "../ui/EmptyState.tsx";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { ContestIcon } from "../ui/icons.tsx";
import { RoomButton } from "../ui/links.tsx";
import { PageHead } from "../ui/PageHead.tsx";
import { isolate } from "../ui/text.model.ts";

interface NoContestProps {
  readonly id: string;
  readonly error: unknown;
  readonly onRetry: () => void;
}

/** What the rooms of a contest show when it can't be read: that there is none of this id, or what went wrong. */
export function NoContest({ id, error, onRetry }: NoContestProps) {
  const { i18n } = useLingui();
  if (!isNotFound(error)) {
    return (
      <>
        <PageHead title={id} heading={<bdi>{id}</bdi>} />
        <ErrorNotice
          error={error}
          title={i18n.t("The contest {id} can't be read.", { id: isolate(id) })}
          onRetry={onRetry}
        />
      </>
    );
  }
  return (
    <>
      <title>{`${i18n.t("Not found")} · Laurel`}</title>
      <EmptyState
        order={1}
        icon={<ContestIcon size={28} />}
        title={i18n.t("There is no contest {id}", { id: isolate(id) })}
        action={<RoomButton to="/contests">{i18n.t("To the contests")}</RoomButton>}
      >
        {i18n.t("The link may be old, or the contest was never published.")}
      </EmptyState>
    </>
  );
}
