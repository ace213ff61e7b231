/** How a status is displayed: a word and a tone. The tone selects colour and icon; the word is always shown with them. */
export type Tone = "good" | "busy" | "bad" | "warn" | "quiet";

export interface StatusInfo {
  word: string;
  tone: Tone;
}

const STATUSES: Record<string, StatusInfo> = {
  NEW: { word: "Queued", tone: "quiet" },
  START: { word: "Running", tone: "busy" },
  RUNNING: { word: "Running", tone: "busy" },
  COMPLETE: { word: "Succeeded", tone: "good" },
  FAIL: { word: "Failed", tone: "bad" },
  ABORT: { word: "Aborted", tone: "warn" },
  FIRING: { word: "Alert firing", tone: "bad" },
  PENDING: { word: "Alert pending", tone: "warn" },
  RESOLVED: { word: "Resolved", tone: "good" },
  OK: { word: "Healthy", tone: "good" },
};

export function statusInfo(status: string | null | undefined): StatusInfo | null {
  if (!status) return null;
  return STATUSES[status.toUpperCase()] ?? { word: sentence(status), tone: "quiet" };
}

const SEVERITIES: Record<string, StatusInfo> = {
  info: { word: "Info", tone: "quiet" },
  warning: { word: "Warning", tone: "warn" },
  critical: { word: "Critical", tone: "bad" },
};

export function severityInfo(severity: string): StatusInfo {
  return SEVERITIES[severity] ?? { word: sentence(severity), tone: "quiet" };
}

const ALERT_STATES: Record<string, StatusInfo> = {
  firing: { word: "Firing", tone: "bad" },
  pending: { word: "Pending", tone: "warn" },
  resolved: { word: "Resolved", tone: "good" },
};

/** The state of an alert in a context that already shows that it is an alert. */
export function alertStateInfo(state: string): StatusInfo {
  return ALERT_STATES[state] ?? { word: sentence(state), tone: "quiet" };
}

function sentence(text: string): string {
  const lower = text.toLowerCase().replaceAll("_", " ");
  return lower.charAt(0).toUpperCase() + lower.slice(1);
}
