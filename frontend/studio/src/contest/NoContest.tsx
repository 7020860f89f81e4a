import { Trans, useLingui } from "@lingui/react";
import { isNotFound } from "../rpc.ts";
import { EmptyState } from "../ui/EmptyState.tsx";
import { ErrorNotice } from "../ui/ErrorNotice.tsx";
import { ContestIcon } from "../ui/icons.tsx";
import { RoomButton } from "../ui/links.tsx";
import { PageHead } from "../ui/PageHead.tsx";

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
          title={<Trans id="The contest {id} can't be read." values={{ id: <bdi>{id}</bdi> }} />}
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
        title={<Trans id="There is no contest {id}" values={{ id: <bdi>{id}</bdi> }} />}
        action={<RoomButton to="/contests">{i18n.t("To the contests")}</RoomButton>}
      >
        {i18n.t("The link may be old, or the contest was never published.")}
      </EmptyState>
    </>
  );
}
