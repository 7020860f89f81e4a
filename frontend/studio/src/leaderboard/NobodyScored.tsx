import { ContestState } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import { useLingui } from "@lingui/react";
import { EmptyState } from "../ui/EmptyState.tsx";
import { BoardIcon } from "../ui/icons.tsx";

interface NobodyScoredProps {
  readonly state: ContestState;
  readonly order: 2 | 3;
}

/** What stands in place of a board without rows: why there is none, and what will make one. */
export function NobodyScored({ state, order }: NobodyScoredProps) {
  const { i18n } = useLingui();
  if (state === ContestState.FINAL) {
    return (
      <EmptyState order={order} icon={<BoardIcon size={28} />} title={i18n.t("Nobody scored")}>
        {i18n.t("The contest is over, and no round inside its window counted.")}
      </EmptyState>
    );
  }
  return (
    <EmptyState order={order} icon={<BoardIcon size={28} />} title={i18n.t("Nobody has scored yet")}>
      {state === ContestState.SCHEDULED
        ? i18n.t("The contest has not started. Rows appear here by themselves once it is live.")
        : i18n.t("Rows appear here by themselves as soon as a round inside the window counts.")}
    </EmptyState>
  );
}
