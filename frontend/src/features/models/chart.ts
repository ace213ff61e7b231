import type { ECBasicOption } from "echarts/types/dist/shared";
import type { MetricPoint, MetricThreshold } from "@/lib/api/types";
import { metricValue } from "@/lib/format/number";
import { shortTime } from "@/lib/format/time";
import type { VersionSeries } from "./model";
import { tooltipFor } from "./tooltip";

export interface Palette {
  series: readonly string[];
  ink: string;
  quiet: string;
  line: string;
  surface: string;
  bad: string;
  font: string;
}

export interface ChartInput {
  groups: readonly VersionSeries[];
  hidden: ReadonlySet<string>;
  thresholds: readonly MetricThreshold[];
  deployed: readonly { version: string; at: string }[];
  palette: Palette;
}

/** Versions are distinguished by colour, marker and dash pattern together. */
export const MARKS = ["circle", "rect", "triangle", "diamond", "roundRect"] as const;
export const DASHES = ["solid", [6, 3], [2, 3], [8, 3, 2, 3], [12, 4]] as const;

type Cell = [time: number, value: number | null];

function middleOf(point: MetricPoint): number {
  return (Date.parse(point.window_start) + Date.parse(point.window_end)) / 2;
}

/** The chart of one metric over time: a line and an interval band per version, thresholds, and labels received below. */
export function chartOption(input: ChartInput): ECBasicOption {
  const { groups, hidden, palette } = input;
  const shown = groups.map((group, i) => ({ ...group, i })).filter((group) => !hidden.has(group.version));
  const scale = range(shown, input.thresholds);
  const time = span(groups);
  const axis = { axisLine: { lineStyle: { color: palette.line } }, axisTick: { show: false }, axisLabel: { color: palette.quiet, fontFamily: palette.font } };
  return {
    animation: false,
    textStyle: { fontFamily: palette.font },
    axisPointer: { link: [{ xAxisIndex: "all" }] },
    tooltip: { trigger: "axis", backgroundColor: palette.surface, borderColor: palette.line, textStyle: { color: palette.ink, fontFamily: palette.font }, formatter: tooltipFor(shown, middleOf, palette) },
    grid: [
      { left: 56, right: 64, top: 24, height: 240 },
      { left: 56, right: 64, top: 300, height: 44 },
    ],
    xAxis: [
      { type: "time", gridIndex: 0, ...time, ...axis, axisLabel: { ...axis.axisLabel, hideOverlap: true, formatter: shortTime }, splitNumber: 8 },
      { type: "time", gridIndex: 1, ...time, ...axis, axisLabel: { show: false }, axisLine: { show: false } },
    ],
    yAxis: [
      { type: "value", gridIndex: 0, ...scale, axisLabel: { ...axis.axisLabel, formatter: tickText(scale.interval) }, splitLine: { lineStyle: { color: palette.line } } },
      { type: "value", gridIndex: 1, max: 1, interval: 1, axisLabel: { ...axis.axisLabel, formatter: (v: number) => `${String(v * 100)} %` }, splitLine: { show: false } },
    ],
    series: [...shown.flatMap((group) => lines(group, palette)), thresholdSeries(input, scale), ...shown.map((group) => labelBars(group, palette))],
  };
}

export interface Range {
  min: number;
  max: number;
  interval: number;
}

/** Round numbers around all values, intervals and thresholds: about five steps of 1, 2 or 5 times a power of ten. */
export function range(groups: readonly VersionSeries[], rules: readonly MetricThreshold[]): Range {
  const values = groups.flatMap(({ points }) => points.flatMap((p) => [p.value, ...(p.interval ?? [])])).filter((v) => v !== null);
  const all = [...values, ...rules.map((rule) => rule.threshold)];
  const [low, high] = all.length > 0 ? [Math.min(...all), Math.max(...all)] : [0, 1];
  const size = Math.max(Math.abs(low), Math.abs(high), 1e-9);
  // Values that differ only by rounding are one value.
  const rough = (high - low > size * 1e-9 ? high - low : size) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const interval = ([1, 2, 5].find((n) => n * power >= rough) ?? 10) * power;
  // Counting in steps keeps 0.7 from becoming 0.7000000000000001.
  const steps = (n: number) => Number((n * interval).toPrecision(12));
  return { min: steps(Math.floor(low / interval + 1e-9)), max: steps(Math.ceil(high / interval - 1e-9)), interval };
}

/** From the start of the first window to the end of the last, regardless of the versions shown; no point touches the frame. */
export function span(groups: readonly VersionSeries[]): { min?: number; max?: number } {
  const points = groups.flatMap((group) => group.points);
  if (points.length === 0) return {};
  return {
    min: Math.min(...points.map((p) => Date.parse(p.window_start))),
    max: Math.max(...points.map((p) => Date.parse(p.window_end))),
  };
}

/** The number of decimals that the steps of the axis need. */
export function tickText(interval: number): (value: number) => string {
  const decimals = Math.max(0, Math.min(6, -Math.floor(Math.log10(interval) + 1e-9)));
  return (value) => value.toLocaleString(undefined, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

function lines({ version, points, i }: VersionSeries & { i: number }, palette: Palette): object[] {
  const color = palette.series[i % palette.series.length];
  const cells = points.map((p): Cell => [middleOf(p), p.value]);
  const low = points.map((p): Cell => [middleOf(p), p.interval?.[0] ?? null]);
  const height = points.map((p): Cell => [middleOf(p), p.interval ? p.interval[1] - p.interval[0] : null]);
  const band = { type: "line", stack: `band ${version}`, stackStrategy: "all", symbol: "none", silent: true, lineStyle: { opacity: 0 }, tooltip: { show: false }, z: 1 };
  return [
    { ...band, name: `${version} low`, data: low },
    { ...band, name: `${version} high`, data: height, areaStyle: { color, opacity: 0.14 } },
    {
      type: "line",
      name: `Version ${version}`,
      data: cells,
      connectNulls: false,
      symbol: MARKS[i % MARKS.length],
      symbolSize: 7,
      itemStyle: { color },
      lineStyle: { color, width: 2, type: DASHES[i % DASHES.length] },
      z: 3,
    },
  ];
}

function thresholdSeries({ thresholds, deployed, palette }: ChartInput, { min, max }: Range): object {
  const label = { fontFamily: palette.font, fontSize: 11 };
  return {
    type: "line",
    name: "Thresholds",
    data: [],
    markLine: {
      silent: true,
      symbol: "none",
      data: [
        ...thresholds.map((rule) => ({
          yAxis: rule.threshold,
          lineStyle: { color: palette.bad, type: [6, 4], width: 1.5 },
          // Beside the plot, where it cannot cover a value.
          label: { ...label, color: palette.bad, lineHeight: 14, position: "end", formatter: `Alert\n${rule.comparison === "above" ? ">" : "<"} ${metricValue(rule.threshold)}` },
        })),
        ...deployed.map(({ version, at }) => ({
          xAxis: Date.parse(at),
          lineStyle: { color: palette.quiet, type: [2, 3], width: 1 },
          label: { ...label, color: palette.quiet, position: "end", formatter: `v${version}` },
        })),
      ],
    },
    markArea: {
      silent: true,
      itemStyle: { color: palette.bad, opacity: 0.05 },
      data: thresholds.map((rule) => (rule.comparison === "above" ? [{ yAxis: rule.threshold }, { yAxis: max }] : [{ yAxis: min }, { yAxis: rule.threshold }])),
    },
  };
}

function labelBars({ version, points, i }: VersionSeries & { i: number }, palette: Palette): object {
  return {
    // Plain bars would widen the axis for their own thickness, away from the points above.
    type: "pictorialBar",
    symbol: "rect",
    name: `Labels ${version}`,
    xAxisIndex: 1,
    yAxisIndex: 1,
    barMaxWidth: 10,
    // One version per window: bars overlap below their point instead of being side by side.
    barGap: "-100%",
    itemStyle: { color: palette.series[i % palette.series.length], opacity: 0.55 },
    data: points.map((p): Cell => [middleOf(p), p.n > 0 ? p.labelled / p.n : null]),
  };
}
