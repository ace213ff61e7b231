import type { Alert, MetricPoint, MetricThreshold, ModelDetail, PredictionDetail, Rule, RuleWindow } from "@/lib/api/types";
import { at, DAY, HOUR, fakeId, point } from "./build";
import * as graph from "./graph";

const base = {
  id: graph.model.id,
  namespace: graph.model.namespace,
  name: graph.model.name,
  task: "binary",
  latest_version: "3",
  deployed_version: "3",
  versions: 3,
  status: "FIRING",
  last_seen: at(0.2 * HOUR),
};

export const modelDetail: ModelDetail = {
  ...base,
  description: "Will this customer leave within thirty days?",
  label_set: ["stays", "leaves"],
  version_list: [
    { id: graph.v1.id, version: "1", stage: "retired", registered_at: at(30 * DAY), deployed_at: at(28 * DAY), training_datasets: [graph.features], outputs: [], training_metrics: { accuracy: 0.842 } },
    { id: graph.v2.id, version: "2", stage: "retired", registered_at: at(20 * DAY), deployed_at: at(18 * DAY), training_datasets: [graph.features], outputs: [], training_metrics: { accuracy: 0.861 } },
    { id: graph.v3.id, version: "3", stage: "deployed", registered_at: at(10 * DAY), deployed_at: at(9 * DAY), training_datasets: [graph.features], outputs: [graph.scoresTable, graph.campaign], training_metrics: { accuracy: 0.874, recall: 0.79 } },
  ],
};

const wave = (day: number) => 0.012 * Math.sin(day * 1.7) + 0.006 * Math.cos(day * 3.1);

function history(metric: string, lift: number): MetricPoint[] {
  return Array.from({ length: 28 }, (_, i) => {
    const day = 27 - i;
    const version = day > 18 ? "1" : day > 9 ? "2" : "3";
    const level = { "1": 0.836, "2": 0.857, "3": 0.869 }[version] - lift;
    const drop = day < 4 ? 0.03 + (4 - day) * 0.028 : 0;
    const labelled = day === 0 ? 0 : Math.round(400 - 40 * Math.max(0, 6 - day));
    return point(metric, version, day, day === 0 ? null : level - drop + wave(day), 412, labelled);
  });
}

export const points: MetricPoint[] = [...history("accuracy", 0), ...history("precision", 0.06), ...history("recall", 0.12), ...history("f1", 0.09)];

function window(day: number, value: number | null, rows: number, unjudged: RuleWindow["unjudged"]): RuleWindow {
  const reason = value === null ? "no_labels" : null;
  return { window_start: at((day + 1) * DAY), window_end: at(day * DAY), closes_at: at(day * DAY - HOUR), value, reason, rows, unjudged };
}

const rule: Rule = {
  id: fakeId("rule accuracy"),
  name: "Churn accuracy",
  model_id: base.id,
  model_namespace: base.namespace,
  model_name: base.name,
  metric: "accuracy",
  source: "computed",
  comparison: "below",
  threshold: 0.8,
  severity: "critical",
  for_windows: 2,
  min_rows: 30,
  enabled: true,
  watched: [{ version: "3", judged: window(2, 0.741, 400, null), waiting: [window(1, 0.72, 12, "few_rows"), window(0, null, 0, "open")] }],
  more_versions: 2,
};

export const rules: Rule[] = [rule, { ...rule, id: fakeId("rule recall"), name: "Churn recall", metric: "recall", threshold: 0.5, severity: "warning", for_windows: 3 }];

export const thresholds: MetricThreshold[] = rules.map(({ id, name, metric, source, comparison, threshold, severity }) => ({ rule_id: id, rule_name: name, metric, source, comparison, threshold, severity }));

function alert(of: Rule, version: string, state: string, since: number, value: number, history: Alert["history"]): Alert {
  const { id: rule_id, name: rule_name, enabled, for_windows, watched, more_versions, ...rest } = of;
  void enabled;
  void for_windows;
  void watched;
  void more_versions;
  return { ...rest, id: fakeId(`alert ${rule_id} ${version}`), rule_id, rule_name, version, state, value, rows: 400, changes: history.length, waiting: [], since: at(since), window_start: at(since + DAY), window_end: at(since), history };
}

const change = (state: string, before: number, value: number) => ({ state, at: at(before), recorded_at: at(before), value, rows: 400, revision: 1, mark: "holds" as const, window_start: at(before + DAY), window_end: at(before) });

export const alerts: Alert[] = [
  alert(rule, "3", "firing", 2 * DAY, 0.741, [change("firing", 2 * DAY, 0.783), change("pending", 3 * DAY, 0.798)]),
  alert(rule, "2", "resolved", 14 * DAY, 0.851, [change("resolved", 14 * DAY, 0.851), change("firing", 15 * DAY, 0.79), change("pending", 16 * DAY, 0.794)]),
];

export const prediction: PredictionDetail = {
  id: "cust-004211",
  model_id: base.id,
  model_namespace: base.namespace,
  model_name: base.name,
  version: "3",
  version_id: graph.v3.id,
  event_time: at(3 * DAY),
  prediction: { task: "binary", class: "leaves", scores: { leaves: 0.734, stays: 0.266 } },
  weight: 1,
  slices: { plan: "family", region: "north" },
  features: { tenure_months: 7, invoices_late: 3, usage_minutes_30d: 112.5, has_support_ticket: true },
  labels: [
    { event_time: at(2 * DAY), label: { task: "class", class: "leaves" } },
    { event_time: at(1 * DAY), label: { task: "class", class: "stays" } },
  ],
  output: graph.scoresTable,
  run_id: "0193a5c0-0042-7000-8000-000000000042",
  kept_days: 90,
  scene: null,
};
