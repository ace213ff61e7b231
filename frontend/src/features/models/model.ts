import type { MetricPoint, MetricSeries, MetricThreshold } from "@/lib/api/types";
import { optionalText, type Codec } from "@/lib/url/codec";

export interface ModelView {
  metric: string | null;
}

export const modelCodec: Codec<ModelView> = { metric: optionalText };

/** The default metric: one that a rule evaluates, else accuracy, else the first. */
export function chosenMetric(series: MetricSeries, wanted: string | null): string | null {
  if (wanted && (series.metrics.includes(wanted) || series.metrics.length === 0)) return wanted;
  const judged = series.thresholds.find((rule) => series.metrics.includes(rule.metric))?.metric;
  return judged ?? series.metrics.find((metric) => metric === "accuracy") ?? series.metrics[0] ?? null;
}

export interface VersionSeries {
  version: string;
  points: MetricPoint[];
}

/** The unsliced points of one metric, by version (oldest version first) and then by window. */
export function byVersion(points: readonly MetricPoint[], metric: string): VersionSeries[] {
  const groups = new Map<string, MetricPoint[]>();
  for (const point of points) {
    if (point.metric !== metric || (point.slice && Object.keys(point.slice).length > 0)) continue;
    const group = groups.get(point.version) ?? [];
    group.push(point);
    groups.set(point.version, group);
  }
  return [...groups]
    .map(([version, own]) => ({ version, points: own.sort((a, b) => Date.parse(a.window_start) - Date.parse(b.window_start)) }))
    .sort((a, b) => a.version.localeCompare(b.version, undefined, { numeric: true }));
}

/** The newest point with a value, else the newest with a reason why there is none. */
export function latest(points: readonly MetricPoint[]): MetricPoint | null {
  return points.findLast((point) => point.value !== null) ?? points.at(-1) ?? null;
}

export function breaches(value: number | null, rule: Pick<MetricThreshold, "comparison" | "threshold">): boolean {
  if (value === null) return false;
  return rule.comparison === "above" ? value > rule.threshold : value < rule.threshold;
}

export function thresholdsOf(series: MetricSeries, metric: string): MetricThreshold[] {
  return series.thresholds.filter((rule) => rule.metric === metric);
}

export interface Coverage {
  n: number;
  labelled: number;
}

/** Predictions and labels of one metric's windows, over all versions. */
export function coverage(groups: readonly VersionSeries[]): Coverage {
  const all = groups.flatMap((group) => group.points);
  return { n: all.reduce((sum, p) => sum + p.n, 0), labelled: all.reduce((sum, p) => sum + p.labelled, 0) };
}
