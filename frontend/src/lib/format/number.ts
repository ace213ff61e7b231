/** A metric's value for display: three decimals for shares, fewer for larger numbers. */
export function metricValue(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 1000) return value.toLocaleString(undefined, { maximumFractionDigits: 0 });
  if (size >= 10) return value.toFixed(1);
  return value.toFixed(3);
}

export function percent(part: number, whole: number): string {
  return whole > 0 ? `${String(Math.round((100 * part) / whole))} %` : "–";
}

const NAMES: Record<string, string> = {
  accuracy: "Accuracy",
  precision: "Precision",
  recall: "Recall",
  f1: "F1",
  rmse: "RMSE",
  mae: "MAE",
  r2: "R²",
  roc_auc: "ROC AUC",
  log_loss: "Log loss",
};

export function metricName(metric: string): string {
  return NAMES[metric] ?? metric.charAt(0).toUpperCase() + metric.slice(1).replaceAll("_", " ");
}

const REASONS: Record<string, string> = {
  no_data: "No predictions in this window",
  no_labels: "No labels yet",
  one_class: "Only one class present",
  zero_denominator: "Undefined: division by zero",
  too_few: "Too few labelled predictions",
  not_applicable: "Not applicable to this task",
  not_finite: "The value is not a finite number",
  unreadable: "The stored state of this window cannot be read",
};

export function reasonText(reason: string | null): string {
  return reason ? (REASONS[reason] ?? reason.replaceAll("_", " ")) : "";
}
