import type { Alert, ModelSummary, NewRule, RuleWindow } from "@/lib/api/types";
import { metricName, reasonText } from "@/lib/format/number";
import { localMoment } from "@/lib/format/time";
import { severityInfo, type StatusInfo } from "@/lib/status";
import { choice, type Codec } from "@/lib/url/codec";

export const STATES = ["all", "firing", "pending", "resolved"] as const;

export interface AlertsView {
  state: (typeof STATES)[number];
}

export const alertsCodec: Codec<AlertsView> = { state: choice(STATES, "all") };

const STATE_ORDER: Record<string, number> = { firing: 0, pending: 1, resolved: 2 };
const SEVERITY_ORDER: Record<string, number> = { critical: 0, warning: 1, info: 2 };

/** By urgency: firing before pending before resolved, then by severity, then the newest. */
export function byUrgency(alerts: readonly Alert[]): Alert[] {
  const rank = (table: Record<string, number>, key: string) => table[key] ?? 9;
  return alerts.toSorted(
    (a, b) =>
      rank(STATE_ORDER, a.state) - rank(STATE_ORDER, b.state) ||
      rank(SEVERITY_ORDER, a.severity) - rank(SEVERITY_ORDER, b.severity) ||
      Date.parse(b.since) - Date.parse(a.since),
  );
}

/** The severity of an alert. A resolved one is shown in a quiet tone, as it needs no action. */
export function shownSeverity({ severity, state }: Pick<Alert, "severity" | "state">): StatusInfo {
  const info = severityInfo(severity);
  return state === "resolved" ? { ...info, tone: "quiet" } : info;
}

/** The metric that a rule evaluates; reported metrics are marked, as the plain name means the computed one. */
export function judgedName({ metric, source }: { metric: string; source: string }): string {
  return source === "computed" ? metricName(metric) : `${metricName(metric)} (${source})`;
}

/** Why a rule does not evaluate a window. */
export function waitingText(window: RuleWindow, minRows: number): string {
  switch (window.unjudged) {
    case "open":
      return `window still open until ${localMoment(window.closes_at)}`;
    case "due":
      return "window closed, evaluated within seconds";
    case "few_rows":
      return `not enough rows: ${window.rows.toLocaleString()} of ${minRows.toLocaleString()}`;
    case "undefined":
      return `no value: ${reasonText(window.reason).toLowerCase()}`;
    case null:
      return "judged";
  }
}

export const SOURCES = [
  { value: "computed", label: "Computed from labels" },
  { value: "reported", label: "Reported by a producer" },
] as const;

export interface RuleDraft {
  name: string;
  model: string | null;
  source: "computed" | "reported";
  metric: string;
  comparison: string;
  threshold: number | "";
  severity: string;
  forWindows: number | "";
  minRows: number | "";
}

export const EMPTY_RULE: RuleDraft = { name: "", model: null, source: "computed", metric: "", comparison: "below", threshold: "", severity: "warning", forWindows: 1, minRows: 30 };

/** Errors by field; empty if the rule can be sent. */
export function ruleErrors(draft: RuleDraft): Partial<Record<keyof RuleDraft, string>> {
  return {
    ...(draft.name.trim() ? {} : { name: "Give the rule a name" }),
    ...(draft.model ? {} : { model: "Choose a model" }),
    ...(draft.metric ? {} : { metric: "Choose a metric" }),
    ...(typeof draft.threshold === "number" && Number.isFinite(draft.threshold) ? {} : { threshold: "Enter a number" }),
    ...(typeof draft.forWindows === "number" && draft.forWindows >= 1 ? {} : { forWindows: "At least one window" }),
    ...(typeof draft.minRows === "number" && draft.minRows >= 0 ? {} : { minRows: "Enter a number of rows" }),
  };
}

/** The rule to send, or null if a field is missing. */
export function toRule(draft: RuleDraft, models: readonly ModelSummary[]): NewRule | null {
  const model = models.find((item) => item.id === draft.model);
  if (!model || Object.keys(ruleErrors(draft)).length > 0) return null;
  return {
    name: draft.name.trim(),
    model_namespace: model.namespace,
    model_name: model.name,
    metric: draft.metric,
    source: draft.source,
    comparison: draft.comparison,
    threshold: Number(draft.threshold),
    severity: draft.severity,
    for_windows: Number(draft.forWindows),
    min_rows: Number(draft.minRows),
  };
}
