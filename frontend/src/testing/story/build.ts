import type { Edge, MetricPoint, Node, RunSummary } from "@/lib/api/types";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** A stand-in for the server's ids: 26 letters that depend on the name alone. */
export function fakeId(text: string): string {
  let state = 2166136261;
  return Array.from({ length: 26 }, (_, i) => {
    for (const letter of `${text}${String(i)}`) state = Math.imul(state ^ letter.charCodeAt(0), 16777619);
    return ALPHABET[(state >>> 8) % 32] ?? "a";
  }).join("");
}

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** The day of installation: the story ends here. */
export const NOW = Date.now();
export const at = (before: number): string => new Date(NOW - before).toISOString();

/** As the server does for the story's names: the last two parts of a path or of a table's name. */
function labelOf(kind: string, name: string): string {
  if (kind !== "DataSource" && kind !== "Output") return name;
  return name.includes("/") ? name.split("/").slice(-2).join("/") : name.split(".").slice(-2).join(".");
}

export function node(kind: string, namespace: string, name: string, rest: Partial<Node> = {}): Node {
  return {
    id: fakeId(`${kind} ${namespace} ${name}`),
    kind,
    namespace,
    name,
    label: labelOf(kind, name),
    status: null,
    tags: [],
    first_seen: at(28 * DAY),
    last_seen: at(2 * HOUR),
    summary: {},
    ...rest,
  };
}

export function edge(from: Node, to: Node, type: string, confirmed = true): Edge {
  return { from: from.id, to: to.id, type, valid: [[at(28 * DAY), null]], confirmed, last_run: null };
}

export function run(job: Node, i: number, state: string, started: number, seconds: number): RunSummary {
  const ended_at = state === "RUNNING" ? null : at(started - seconds * 1000);
  return {
    id: fakeId(`run ${job.id} ${String(i)}`),
    job_id: job.id,
    job_namespace: job.namespace,
    job_name: job.name,
    job_label: job.label,
    run_id: `0193a5c0-${String(i).padStart(4, "0")}-7000-8000-${job.id.slice(0, 12).replace(/[^a-f2-7]/g, "0")}`,
    state,
    started_at: at(started),
    ended_at,
    attempts: [{ state, started_at: at(started), ended_at }],
    conflict: false,
  };
}

export function point(metric: string, version: string, day: number, value: number | null, n: number, labelled: number): MetricPoint {
  const half = value === null ? 0 : 1.6 * Math.sqrt(Math.max(0.01, value * (1 - value)) / Math.max(1, labelled));
  return {
    metric,
    source: "computed",
    definition: metric,
    version,
    window_start: at((day + 1) * DAY),
    window_end: at(day * DAY),
    value,
    reason: value === null ? "no_labels" : null,
    interval: value === null ? null : [value - half, Math.min(1, value + half)],
    n,
    labelled,
    slice: null,
    revision: 1,
  };
}
