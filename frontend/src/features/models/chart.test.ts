// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MetricPoint } from "@/lib/api/types";
import { points, thresholds } from "@/testing/story/models";
import { chartOption, range, span, tickText } from "./chart";
import { breaches, byVersion, chosenMetric, coverage, latest } from "./model";

const palette = { series: ["#000"], ink: "#000", quiet: "#000", line: "#000", surface: "#fff", bad: "#f00", font: "x" };
const accuracy = byVersion(points, "accuracy");
const first = points[0] as MetricPoint;
const pointsOf = (version: string) => accuracy.find((group) => group.version === version)?.points ?? [];
const rule = thresholds.filter((item) => item.metric === "accuracy");

describe("a metric's series", () => {
  it("is grouped by version and window, without slices", () => {
    const sliced = { ...first, metric: "accuracy", slice: { region: "north" } };
    expect(byVersion([...points, sliced], "accuracy")).toEqual(accuracy);
    expect(accuracy.map((group) => group.version)).toEqual(["1", "2", "3"]);
    const starts = pointsOf("1").map((point) => Date.parse(point.window_start));
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  });

  it("sorts version 10 after version 9", () => {
    const version = (v: string) => ({ ...first, version: v });
    expect(byVersion([version("10"), version("9")], "accuracy").map((group) => group.version)).toEqual(["9", "10"]);
  });

  it("shows the newest value, and why there is none only when there is none at all", () => {
    expect(latest(pointsOf("3"))?.value).not.toBeNull();
    expect(latest([{ ...first, value: null, reason: "no_labels" }])?.reason).toBe("no_labels");
    expect(latest([])).toBeNull();
  });

  it("defaults to the metric that a rule evaluates", () => {
    const series = { points, thresholds, metrics: ["f1", "recall", "accuracy"], reported: [] };
    expect(chosenMetric(series, null)).toBe("accuracy");
    expect(chosenMetric(series, "f1")).toBe("f1");
    expect(chosenMetric({ ...series, thresholds: [] }, "unknown")).toBe("accuracy");
    expect(chosenMetric({ points: [], thresholds: [], metrics: [], reported: [] }, null)).toBeNull();
  });

  it("counts predictions and labels", () => {
    const { n, labelled } = coverage(accuracy);
    expect(n).toBe(28 * 412);
    expect(labelled).toBeLessThan(n);
  });

  it("detects a breach on the side that the rule names", () => {
    expect(breaches(0.79, { comparison: "below", threshold: 0.8 })).toBe(true);
    expect(breaches(0.8, { comparison: "below", threshold: 0.8 })).toBe(false);
    expect(breaches(0.81, { comparison: "above", threshold: 0.8 })).toBe(true);
    expect(breaches(null, { comparison: "above", threshold: 0.8 })).toBe(false);
  });
});

describe("the chart", () => {
  it("draws the threshold as a line and its bad side as an area", () => {
    const option = chartOption({ groups: accuracy, hidden: new Set(), thresholds: rule, deployed: [], palette });
    const series = (option["series"] as { name: string; markLine?: { data: { yAxis?: number }[] } }[]).find((s) => s.name === "Thresholds");
    expect(series?.markLine?.data[0]?.yAxis).toBe(0.8);
  });

  it("omits hidden versions", () => {
    const option = chartOption({ groups: accuracy, hidden: new Set(["1", "2"]), thresholds: [], deployed: [], palette });
    const names = (option["series"] as { name: string }[]).map((s) => s.name);
    expect(names).toContain("Version 3");
    expect(names).not.toContain("Version 1");
  });

  it("begins with the first window and ends with the last, whichever versions are hidden", () => {
    const axes = (hidden: ReadonlySet<string>) => chartOption({ groups: accuracy, hidden, thresholds: [], deployed: [], palette })["xAxis"] as { min: number; max: number }[];
    const starts = accuracy.flatMap((group) => group.points.map((p) => Date.parse(p.window_start)));
    expect(axes(new Set())[0]?.min).toBe(Math.min(...starts));
    expect(axes(new Set(["1", "3"]))).toEqual(axes(new Set()));
    expect(span([])).toEqual({});
  });

  it("writes as many decimals as the steps of its axis need", () => {
    expect([0.1, 0.05, 1, 20].map((interval) => tickText(interval)(interval * 3))).toEqual(["0.3", "0.15", "3", "60"]);
  });

  it("puts the bar of every version right below its point", () => {
    const option = chartOption({ groups: accuracy, hidden: new Set(), thresholds: [], deployed: [], palette });
    const bars = (option["series"] as { type: string; barGap?: string }[]).filter((series) => series.type === "pictorialBar");
    expect(bars.map((bar) => bar.barGap)).toEqual(["-100%", "-100%", "-100%"]);
  });

  it("scales to round numbers that hold every value and threshold", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 }), (values) => {
        const group = { version: "1", points: values.map((value) => ({ ...first, value, interval: null })) };
        const { min, max, interval } = range([group], []);
        const slack = interval * 1e-6;
        expect(min).toBeLessThanOrEqual(Math.min(...values) + slack);
        expect(max).toBeGreaterThanOrEqual(Math.max(...values) - slack);
        expect((max - min) / interval).toBeLessThanOrEqual(7);
      }),
    );
    expect(range(accuracy, rule)).toEqual({ min: 0.7, max: 0.95, interval: 0.05 });
  });
});
