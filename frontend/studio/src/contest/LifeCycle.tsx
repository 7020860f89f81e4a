import { useLingui } from "@lingui/react";
import { useFormat } from "../ui/useFormat.ts";
import { type ContestFacts, lifeSteps, stateKey, windowOf } from "./contest.model.ts";
import { stateMeaning, stateName } from "./contest.words.ts";
import classes from "./LifeCycle.module.css";

interface LifeCycleProps {
  readonly contest: ContestFacts;
}

/** The life of a contest as four steps, each with the time it begins in both zones. */
export function LifeCycle({ contest }: LifeCycleProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  const { zone } = windowOf(contest);
  return (
    <ol className={classes.steps} aria-label={i18n.t("Life cycle")}>
      {lifeSteps(contest).map(({ state, position, at }) => (
        <li
          key={stateKey(state)}
          className={classes.step}
          data-position={position}
          aria-current={position === "now" ? "step" : undefined}
        >
          <span className={classes.dot} aria-hidden="true">
            {position === "past" ? "✓" : null}
          </span>
          <div>
            <div className={classes.name}>{stateName(i18n, state)}</div>
            {at === undefined ? null : (
              <div className={classes.time}>
                <bdi>{format.instant(at, zone)}</bdi> <bdi>{zone}</bdi>
                {format.instant(at, zone) === format.instant(at, format.zone) ? null : (
                  <>
                    <br />
                    <bdi>{format.instant(at, format.zone)}</bdi> {i18n.t("your time")}
                  </>
                )}
              </div>
            )}
            {position === "now" ? <div className={classes.meaning}>{stateMeaning(i18n, state)}</div> : null}
          </div>
        </li>
      ))}
    </ol>
  );
}
