import { useMemo, useState } from "react";
import type { MetricThreshold, VersionSummary } from "@/lib/api/types";
import { metricName, metricValue } from "@/lib/format/number";
import { plural } from "@/lib/format/text";
import { chartOption } from "../chart";
import type { VersionSeries } from "../model";
import classes from "./MetricChart.module.css";
import { Plot } from "./Plot";
import { usePalette } from "./usePalette";

interface Props {
  metric: string;
  groups: readonly VersionSeries[];
  thresholds: readonly MetricThreshold[];
  versions: readonly VersionSummary[];
}

const HEIGHT = 360;

function summary(metric: string, groups: readonly VersionSeries[], thresholds: readonly MetricThreshold[]): string {
  const rules = thresholds.map((rule) => `alert ${rule.comparison} ${metricValue(rule.threshold)}`).join(", ");
  return `${metricName(metric)} over time for ${plural(groups.length, "version")}${rules ? `; ${rules}` : "; no threshold"}`;
}

/** One metric over time by version, with its thresholds. */
export function MetricChart({ metric, groups, thresholds, versions }: Props) {
  const palette = usePalette();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const option = useMemo(() => {
    const first = Math.min(...groups.flatMap((group) => group.points.map((p) => Date.parse(p.window_start))));
    const deployed = versions.flatMap(({ version, deployed_at: at }) => (at && Date.parse(at) >= first ? [{ version, at }] : []));
    return chartOption({ groups, hidden, thresholds, deployed, palette });
  }, [groups, hidden, thresholds, versions, palette]);
  const toggle = (version: string) => {
    const next = new Set(hidden);
    if (!next.delete(version)) next.add(version);
    setHidden(next);
  };
  return (
    <figure className={classes.figure} data-testid="metric-chart" data-metric={metric} data-thresholds={thresholds.map((rule) => rule.threshold).join(",")}>
      <div className={classes.legend} role="group" aria-label="Versions shown">
        {groups.map((group, i) => (
          <button key={group.version} type="button" aria-pressed={!hidden.has(group.version)} onClick={() => { toggle(group.version); }} data-series={(i % 5) + 1}>
            <Mark index={i} />v{group.version}
          </button>
        ))}
        {thresholds.map((rule) => (
          <span key={rule.rule_id} className={classes.threshold} data-testid="threshold">
            <svg width="22" height="8" aria-hidden="true">
              <path d="M0 4h22" />
            </svg>
            {rule.rule_name}: {rule.comparison} {metricValue(rule.threshold)}
          </span>
        ))}
      </div>
      <Plot option={option} label={summary(metric, groups, thresholds)} height={HEIGHT} />
      <figcaption className={classes.caption}>Line: value by window. Band: 95 % interval. Dotted line: a version is deployed. Bars: share of predictions with a label.</figcaption>
    </figure>
  );
}

const SHAPES = [
  <circle key="0" cx="5" cy="5" r="4" />,
  <rect key="1" x="1.5" y="1.5" width="7" height="7" />,
  <path key="2" d="M5 1 9 9H1z" />,
  <path key="3" d="M5 .5 9.5 5 5 9.5.5 5z" />,
  <rect key="4" x="1.5" y="1.5" width="7" height="7" rx="2" />,
];

function Mark({ index }: { index: number }) {
  return (
    <svg width="10" height="10" aria-hidden="true">
      {SHAPES[index % SHAPES.length]}
    </svg>
  );
}
