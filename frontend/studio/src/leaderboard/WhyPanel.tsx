import type { ExplainOrderResponse } from "@laurel/client/gen/laurel/v1/leaderboard_service_pb.js";
import { useLingui } from "@lingui/react";
import { Button, Stack, Text } from "@mantine/core";
import { useMemo } from "react";
import { orderValueName } from "../contest/contest.words.ts";
import { Panel } from "../ui/Panel.tsx";
import { isolate } from "../ui/text.model.ts";
import { useFormat } from "../ui/useFormat.ts";
import type { OrderValue } from "./order.model.ts";
import { type OrderSides, orderSentence, orderValueText } from "./order.words.ts";
import { RoundsChart } from "./RoundsChart.tsx";
import { RoundsTable } from "./RoundsTable.tsx";
import classes from "./WhyPanel.module.css";

interface WhyPanelProps {
  readonly answer: ExplainOrderResponse;
  readonly precision: number;
  readonly zone: string;
  readonly onClose: () => void;
}

/** Why one player stands above another: a sentence, the order's values with the deciding one marked, and the rounds behind them. */
export function WhyPanel({ answer, precision, zone, onClose }: WhyPanelProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  const { above, below, values } = answer;
  const names = { above: above?.row?.name ?? "", below: below?.row?.name ?? "" };
  const sides = {
    precision,
    zone,
    aboveUserId: above?.row?.userId ?? "",
    belowUserId: below?.row?.userId ?? "",
  };
  const decided = values.find((value) => value.decided);
  const aboveRounds = useMemo(() => ({ name: names.above, rounds: above?.kept ?? [] }), [names.above, above]);
  const belowRounds = useMemo(() => ({ name: names.below, rounds: below?.kept ?? [] }), [names.below, below]);
  return (
    <Panel
      title={i18n.t("Why is {above} above {below}?", {
        above: isolate(names.above),
        below: isolate(names.below),
      })}
      aside={
        <Button size="xs" variant="default" onClick={onClose}>
          {i18n.t("Close")}
        </Button>
      }
    >
      <Stack gap="md">
        {decided === undefined ? null : (
          <Text fw={600} role="status" className={classes.sentence}>
            {orderSentence(i18n, format, decided, names, sides)}
          </Text>
        )}
        <OrderValues values={values} names={names} sides={sides} />
        {aboveRounds.rounds.length + belowRounds.rounds.length === 0 ? null : (
          <>
            <RoundsChart above={aboveRounds} below={belowRounds} precision={precision} />
            <RoundsTable above={aboveRounds} below={belowRounds} precision={precision} zone={zone} />
          </>
        )}
      </Stack>
    </Panel>
  );
}

interface OrderValuesProps {
  readonly values: readonly OrderValue[];
  readonly names: { readonly above: string; readonly below: string };
  readonly sides: OrderSides;
}

/** The values that the order compares, side by side, with the deciding one marked. */
function OrderValues({ values, names, sides }: OrderValuesProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  return (
    <div className={classes.scroll}>
      <table className={classes.values} aria-label={i18n.t("Values of the order")}>
        <thead>
          <tr>
            <th scope="col">{i18n.t("Value")}</th>
            <th scope="col">
              <bdi>{names.above}</bdi>
            </th>
            <th scope="col">
              <bdi>{names.below}</bdi>
            </th>
            <th scope="col">{i18n.t("Decides")}</th>
          </tr>
        </thead>
        <tbody>
          {values.map((value) => (
            <tr key={value.name} data-decided={value.decided || undefined}>
              <th scope="row">{orderValueName(i18n, value.name)}</th>
              <td>
                <bdi>{orderValueText(format, value, "above", sides)}</bdi>
              </td>
              <td>
                <bdi>{orderValueText(format, value, "below", sides)}</bdi>
              </td>
              <td className={classes.verdict}>{value.decided ? i18n.t("✓ decides") : i18n.t("equal")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
