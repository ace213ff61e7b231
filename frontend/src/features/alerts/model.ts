import type { Alert, ModelSummary, NewRule } from "@/lib/api/types";
import { severityInfo, type StatusInfo } from "@/lib/status";
import { choice, type Codec } from "@/lib/url/codec";

export const STATES = ["all", "firing", "pending", "resolved"] as const;

export interface AlertsView {
  state: (typeof STATES)[number];
}

export const alertsCodec: Codec<AlertsView> = { state: choice(STATES, "all") };

const STATE_ORDER: Record<string, number> = { firing: 0, pending: 1, resolved: 2 };
const SEVERITY_ORDER: Record<string, number> = { critical: 0, warning: 1, info: 2 };

/** What needs a person first: firing before pending before resolved, then by severity, then the newest. */
export function byUrgency(alerts: readonly Alert[]): Alert[] {
  const rank = (table: Record<string, number>, key: string) => table[key] ?? 9;
  return alerts.toSorted(
    (a, b) =>
      rank(STATE_ORDER, a.state) - rank(STATE_ORDER, b.state) ||
      rank(SEVERITY_ORDER, a.severity) - rank(SEVERITY_ORDER, b.severity) ||
      Date.parse(b.since) - Date.parse(a.since),
  );
}

/** The severity of an alert. One that is over speaks quietly: it asks nobody to act. */
export function shownSeverity({ severity, state }: Pick<Alert, "severity" | "state">): StatusInfo {
  const info = severityInfo(severity);
  return state === "resolved" ? { ...info, tone: "quiet" } : info;
}

export interface RuleDraft {
  name: string;
  model: string | null;
  metric: string;
  comparison: string;
  threshold: number | "";
  severity: string;
  forWindows: number | "";
}

export const EMPTY_RULE: RuleDraft = { name: "", model: null, metric: "", comparison: "below", threshold: "", severity: "warning", forWindows: 1 };

/** What stands in the way of a rule, by field; empty when it can be sent. */
export function ruleErrors(draft: RuleDraft): Partial<Record<keyof RuleDraft, string>> {
  return {
    ...(draft.name.trim() ? {} : { name: "Give the rule a name" }),
    ...(draft.model ? {} : { model: "Choose a model" }),
    ...(draft.metric ? {} : { metric: "Choose a metric" }),
    ...(typeof draft.threshold === "number" && Number.isFinite(draft.threshold) ? {} : { threshold: "Enter a number" }),
    ...(typeof draft.forWindows === "number" && draft.forWindows >= 1 ? {} : { forWindows: "At least one window" }),
  };
}

/** The rule to send, or null while something is missing. */
export function toRule(draft: RuleDraft, models: readonly ModelSummary[]): NewRule | null {
  const model = models.find((item) => item.id === draft.model);
  if (!model || Object.keys(ruleErrors(draft)).length > 0) return null;
  return {
    name: draft.name.trim(),
    model_namespace: model.namespace,
    model_name: model.name,
    metric: draft.metric,
    comparison: draft.comparison,
    threshold: Number(draft.threshold),
    severity: draft.severity,
    for_windows: Number(draft.forWindows),
  };
}
