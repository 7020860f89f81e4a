import { useLingui } from "@lingui/react";
import { Box } from "@mantine/core";
import { instantOf } from "../ui/time.model.ts";
import { useFormat } from "../ui/useFormat.ts";
import { type KeptRound, pairRounds, totalUnits } from "./order.model.ts";
import classes from "./WhyPanel.module.css";

interface Side {
  readonly name: string;
  readonly rounds: readonly KeptRound[];
}

interface RoundsTableProps {
  readonly above: Side;
  readonly below: Side;
  readonly precision: number;
  readonly zone: string;
}

function Round({
  round,
  precision,
  zone,
}: {
  round: KeptRound | undefined;
  precision: number;
  zone: string;
}) {
  const { i18n } = useLingui();
  const format = useFormat();
  if (round === undefined) return <>–</>;
  const at = instantOf(round.eventTs);
  return (
    <>
      <bdi title={i18n.t("Event {id}", { id: round.eventId })}>{format.units(round.units, precision)}</bdi>
      <span className={classes.note}>
        <bdi>{format.millionths(round.multiplierMicros)}×</bdi> ·{" "}
        <bdi>{format.microseconds(round.durationMs * 1_000n)}</bdi> ·{" "}
        <bdi>{at === undefined ? "–" : format.timeOfDay(at, zone)}</bdi>
      </span>
    </>
  );
}

/** The rounds that make up both scores, best beside best. The better one of a pair is bold. */
export function RoundsTable({ above, below, precision, zone }: RoundsTableProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  return (
    <Box component="section" className={classes.rounds} tabIndex={0} aria-label={i18n.t("Rounds that count")}>
      <table className={classes.values} aria-label={i18n.t("Rounds that count, best first")}>
        <thead>
          <tr>
            <th scope="col">{i18n.t("Round")}</th>
            <th scope="col">
              <bdi>{above.name}</bdi>
            </th>
            <th scope="col">
              <bdi>{below.name}</bdi>
            </th>
          </tr>
        </thead>
        <tbody>
          {pairRounds(above.rounds, below.rounds).map((pair) => (
            <tr key={pair.rank}>
              <th scope="row">{format.count(pair.rank)}</th>
              <td data-better={(pair.above?.units ?? 0n) > (pair.below?.units ?? 0n) || undefined}>
                <Round round={pair.above} precision={precision} zone={zone} />
              </td>
              <td data-better={(pair.below?.units ?? 0n) > (pair.above?.units ?? 0n) || undefined}>
                <Round round={pair.below} precision={precision} zone={zone} />
              </td>
            </tr>
          ))}
          <tr data-sum>
            <th scope="row">{i18n.t("Sum")}</th>
            <td>{format.units(totalUnits(above.rounds), precision)}</td>
            <td>{format.units(totalUnits(below.rounds), precision)}</td>
          </tr>
        </tbody>
      </table>
    </Box>
  );
}
