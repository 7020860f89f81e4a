import { Skeleton, useComputedColorScheme } from "@mantine/core";
import type { EChartsCoreOption } from "echarts/core";
import { lazy, Suspense } from "react";

const ChartCanvas = lazy(() => import("./ChartCanvas.tsx"));

interface ChartProps {
  readonly option: EChartsCoreOption;
  /** What the chart shows, in words, for those who don't see it. */
  readonly label: string;
  /** Height in pixels, kept free before the chart is loaded. */
  readonly height: number;
}

/** A chart. Axes run from left to right in each language. */
export function Chart({ option, label, height }: ChartProps) {
  return (
    <div role="img" aria-label={label} dir="ltr" style={{ minHeight: height }}>
      <Suspense fallback={<Skeleton height={height} animate={false} />}>
        <ChartCanvas option={option} height={height} />
      </Suspense>
    </div>
  );
}

/** Colours of a chart; they differ in lightness too, and lines differ in dash. */
export interface ChartInk {
  readonly text: string;
  readonly grid: string;
  readonly series: readonly [string, string, string];
  readonly surface: string;
}

const light: ChartInk = {
  text: "#3d4640",
  grid: "#dfe5e1",
  series: ["#17603f", "#3b6fd4", "#b25e00"],
  surface: "#ffffff",
};
const dark: ChartInk = {
  text: "#c9d1cc",
  grid: "#303733",
  series: ["#68b98b", "#8fb4ff", "#ffb45c"],
  surface: "#1a1e1b",
};

/** The colours that suit the current scheme. */
export function useChartInk(): ChartInk {
  return useComputedColorScheme("light") === "dark" ? dark : light;
}
