import { useLingui } from "@lingui/react";
import type { EChartsCoreOption } from "echarts/core";
import { useMemo } from "react";
import { Chart, type ChartInk, useChartInk } from "../ui/Chart.tsx";
import { type Format, useFormat } from "../ui/useFormat.ts";
import { linesOf, type PulseLines, type Second } from "./pulse.model.ts";

interface PulseChartProps {
  readonly points: readonly Second[];
}

interface Names {
  readonly accepted: string;
  readonly folded: string;
  readonly lag: string;
  readonly perSecond: string;
}

function optionOf(lines: PulseLines, names: Names, ink: ChartInk, format: Format): EChartsCoreOption {
  const line = (
    name: string,
    data: PulseLines["lag"],
    index: 0 | 1 | 2,
    type: string,
    yAxisIndex: number,
  ) => ({
    name,
    data,
    yAxisIndex,
    type: "line",
    showSymbol: false,
    lineStyle: { width: 2, type, color: ink.series[index] },
    itemStyle: { color: ink.series[index] },
  });
  const count = (value: number): string => format.count(value);
  const axis = { axisLabel: { color: ink.text, formatter: count }, nameTextStyle: { color: ink.text } };
  return {
    animation: false,
    grid: { left: 8, right: 8, top: 40, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    legend: { top: 0, textStyle: { color: ink.text }, itemWidth: 28 },
    tooltip: {
      trigger: "axis",
      backgroundColor: ink.surface,
      textStyle: { color: ink.text },
      borderColor: ink.grid,
      valueFormatter: (value: unknown) => (typeof value === "number" ? count(value) : "–"),
    },
    xAxis: {
      type: "time",
      ...axis,
      axisLabel: {
        color: ink.text,
        hideOverlap: true,
        formatter: (value: number) => format.timeOfDay(new Date(value), format.zone),
      },
      axisLine: { lineStyle: { color: ink.grid } },
    },
    yAxis: [
      {
        type: "value",
        name: names.perSecond,
        min: 0,
        minInterval: 1,
        ...axis,
        splitLine: { lineStyle: { color: ink.grid } },
      },
      { type: "value", name: "ms", min: 0, minInterval: 1, ...axis, splitLine: { show: false } },
    ],
    series: [
      line(names.accepted, lines.accepted, 0, "solid", 0),
      line(names.folded, lines.folded, 1, "dashed", 0),
      line(names.lag, lines.lag, 2, "dotted", 1),
    ],
  };
}

/** Accepted and folded events a second, and the lag, over the window. */
export function PulseChart({ points }: PulseChartProps) {
  const { i18n } = useLingui();
  const ink = useChartInk();
  const format = useFormat();
  const option = useMemo(
    () =>
      optionOf(
        linesOf(points),
        {
          accepted: i18n.t("Accepted"),
          folded: i18n.t("Folded"),
          lag: i18n.t("Lag (ms)"),
          perSecond: i18n.t("events/s"),
        },
        ink,
        format,
      ),
    [points, ink, format, i18n],
  );
  return (
    <Chart
      option={option}
      height={260}
      label={i18n.t(
        "Line chart: events accepted and folded per second, and lag in milliseconds, over the last minutes",
      )}
    />
  );
}
