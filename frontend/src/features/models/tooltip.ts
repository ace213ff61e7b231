import type { MetricPoint } from "@/lib/api/types";
import { metricValue, percent, reasonText } from "@/lib/format/number";
import { localDay, localMoment } from "@/lib/format/time";
import type { Palette } from "./chart";
import type { VersionSeries } from "./model";

const DAY = 86_400_000;

function windowText({ window_start: from, window_end: to }: MetricPoint): string {
  const whole = Date.parse(to) - Date.parse(from) >= DAY;
  return whole ? localDay(from) : `${localMoment(from)} – ${localMoment(to)}`;
}

function line(text: string, bold = false): HTMLElement {
  const element = document.createElement(bold ? "strong" : "div");
  element.textContent = text;
  if (bold) element.style.display = "block";
  return element;
}

/**
 * The tooltip: every version's value, interval and labels in that window. Built as elements, not as markup:
 * the policy forbids style attributes in markup, and names from outside are never parsed as HTML.
 */
export function tooltipFor(groups: readonly (VersionSeries & { i: number })[], at: (point: MetricPoint) => number, palette: Palette) {
  return (params: unknown): HTMLElement => {
    const first = (Array.isArray(params) ? params[0] : params) as { axisValue?: number } | undefined;
    const box = document.createElement("div");
    const found = groups.flatMap((group) => group.points.filter((p) => at(p) === first?.axisValue).map((point) => ({ group, point })));
    if (found[0]) box.append(line(windowText(found[0].point), true));
    for (const { group, point } of found) {
      const band = point.interval ? ` (${metricValue(point.interval[0])} – ${metricValue(point.interval[1])})` : "";
      const value = point.value === null ? reasonText(point.reason) : metricValue(point.value) + band;
      const row = line(`v${group.version}: ${value}`);
      row.style.color = palette.series[group.i % palette.series.length] ?? palette.ink;
      box.append(row, line(`${point.labelled.toLocaleString()} of ${point.n.toLocaleString()} labelled, ${percent(point.labelled, point.n)}`));
    }
    return box;
  };
}
