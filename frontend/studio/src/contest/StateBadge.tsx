import type { ContestState } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import { useLingui } from "@lingui/react";
import { knownState, stateKey } from "./contest.model.ts";
import { stateName } from "./contest.words.ts";
import classes from "./StateBadge.module.css";

const marks: Record<string, string> = {
  scheduled: "◷",
  live: "●",
  closing: "◐",
  final: "■",
};

/** Where a contest stands: a word and a shape, the colour only repeats them. */
export function StateBadge({ state }: { readonly state: ContestState }) {
  const { i18n } = useLingui();
  const key = stateKey(knownState(state));
  return (
    <span className={classes.badge} data-state={key}>
      <span aria-hidden="true">{marks[key]}</span>
      {stateName(i18n, state)}
    </span>
  );
}
