import { useLingui } from "@lingui/react";
import type { EChartsCoreOption } from "echarts/core";
import { useMemo } from "react";
import { Chart, type ChartInk, useChartInk } from "../ui/Chart.tsx";
import { chartPoints, type KeptRound } from "./order.model.ts";

interface RoundsChartProps {
  readonly above: { readonly name: string; readonly rounds: readonly KeptRound[] };
  readonly below: { readonly name: string; readonly rounds: readonly KeptRound[] };
  readonly precision: number;
}

function optionOf({ above, below, precision }: RoundsChartProps, ink: ChartInk): EChartsCoreOption {
  const length = Math.max(above.rounds.length, below.rounds.length);
  const text = { color: ink.text };
  const bars = (side: RoundsChartProps["above"], name: string, index: 0 | 2, decal: boolean) => ({
    type: "bar",
    name,
    data: chartPoints(side.rounds, precision),
    itemStyle: {
      color: ink.series[index],
      ...(decal
        ? {
            decal: {
              symbol: "rect",
              dashArrayX: [1, 0],
              dashArrayY: [2, 3],
              rotation: 0.8,
              color: ink.surface,
            },
          }
        : {}),
    },
  });
  return {
    animation: false,
    grid: { left: 4, right: 4, top: 32, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    legend: {
      top: 0,
      textStyle: text,
      formatter: (name: string) => (name.length > 18 ? `${name.slice(0, 17)}…` : name),
    },
    tooltip: { trigger: "axis", backgroundColor: ink.surface, textStyle: text, borderColor: ink.grid },
    xAxis: {
      type: "category",
      data: Array.from({ length }, (_, index) => String(index + 1)),
      axisLabel: text,
      axisLine: { lineStyle: { color: ink.grid } },
    },
    yAxis: { type: "value", axisLabel: text, splitLine: { lineStyle: { color: ink.grid } } },
    series: [bars(above, above.name, 0, false), bars(below, below.name, 2, true)],
  };
}

/** The kept rounds of two players beside each other. */
export function RoundsChart({ above, below, precision }: RoundsChartProps) {
  const { i18n } = useLingui();
  const ink = useChartInk();
  const option = useMemo(() => optionOf({ above, below, precision }, ink), [above, below, precision, ink]);
  return (
    <Chart
      option={option}
      height={180}
      label={i18n.t("Bar chart: points of the kept rounds of {above} and {below}, best first", {
        above: above.name,
        below: below.name,
      })}
    />
  );
}
