/** What the read API says. Times are RFC 3339 text in UTC. */

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface Node {
  id: string;
  kind: string;
  namespace: string;
  name: string;
  label: string;
  status: string | null;
  tags: string[];
  first_seen: string | null;
  last_seen: string | null;
  summary: Record<string, unknown>;
}

export interface Edge {
  from: string;
  to: string;
  type: string;
  valid: [string, string | null][];
  confirmed: boolean;
  last_run: string | null;
}

export interface Scene {
  focus: string;
  as_of: string | null;
  nodes: Node[];
  edges: Edge[];
  rollups: Record<string, unknown>[];
  hidden: Record<string, number>;
  truncated: boolean;
}

export interface SchemaColumn {
  name: string;
  type: string | null;
  description: string | null;
}

export interface Attempt {
  state: string;
  started_at: string | null;
  ended_at: string | null;
}

export interface RunSummary {
  id: string;
  job_id: string;
  job_namespace: string;
  job_name: string;
  run_id: string;
  state: string;
  started_at: string | null;
  ended_at: string | null;
  attempts: Attempt[];
  conflict: boolean;
}

export interface NodeDetail extends Node {
  facets: Record<string, unknown>;
  columns: SchemaColumn[];
  owners: string[];
  description: string | null;
  runs: RunSummary[];
  versions: Node[];
  last_confirmed_run: string | null;
  merged_into: string | null;
}

export interface GraphStats {
  nodes: Record<string, number>;
  edges: Record<string, number>;
  change: number;
}

export interface ModelSummary {
  id: string;
  namespace: string;
  name: string;
  task: string | null;
  latest_version: string | null;
  deployed_version: string | null;
  versions: number;
  status: string | null;
  last_seen: string | null;
}

export interface VersionSummary {
  id: string;
  version: string;
  stage: string;
  registered_at: string | null;
  deployed_at: string | null;
  training_datasets: Node[];
  outputs: Node[];
  training_metrics: Record<string, number>;
}

export interface ModelDetail extends ModelSummary {
  description: string | null;
  label_set: string[] | null;
  version_list: VersionSummary[];
}

export interface MetricPoint {
  metric: string;
  definition: string;
  version: string;
  window_start: string;
  window_end: string;
  value: number | null;
  reason: string | null;
  interval: [number, number] | null;
  n: number;
  labelled: number;
  slice: Record<string, string> | null;
  revision: number;
}

export interface MetricThreshold {
  rule_id: string;
  rule_name: string;
  metric: string;
  comparison: string;
  threshold: number;
  severity: string;
}

export interface MetricSeries {
  points: MetricPoint[];
  metrics: string[];
  thresholds: MetricThreshold[];
}

export interface LabelEntry {
  event_time: string;
  label: Record<string, unknown> | null;
}

export interface PredictionDetail {
  id: string;
  model_id: string;
  model_namespace: string;
  model_name: string;
  version: string;
  version_id: string;
  event_time: string;
  prediction: Record<string, unknown>;
  weight: number;
  slices: Record<string, string>;
  features: Record<string, unknown>;
  labels: LabelEntry[];
  output: Node | null;
  run_id: string | null;
  kept_days: number;
  scene: Scene | null;
}

export interface Rule {
  id: string;
  name: string;
  model_id: string;
  model_namespace: string;
  model_name: string;
  metric: string;
  comparison: string;
  threshold: number;
  severity: string;
  for_windows: number;
  enabled: boolean;
}

export interface NewRule {
  name: string;
  model_namespace: string;
  model_name: string;
  metric: string;
  comparison: string;
  threshold: number;
  severity: string;
  for_windows: number;
}

export interface AlertChange {
  state: string;
  at: string;
  value: number | null;
  window_start: string;
  window_end: string;
}

export interface Alert {
  id: string;
  rule_id: string;
  rule_name: string;
  model_id: string;
  model_namespace: string;
  model_name: string;
  version: string;
  metric: string;
  comparison: string;
  threshold: number;
  severity: string;
  state: string;
  value: number | null;
  since: string;
  window_start: string;
  window_end: string;
  history: AlertChange[];
}

export interface LoginRequest {
  username: string;
  password: string;
  totp?: string | null;
}

export interface TokenAnswer {
  access_token: string;
  token_type: string;
  expires_in: number;
}

export interface Me {
  subject: string;
  username: string;
  display_name: string | null;
  roles: string[];
  permissions: string[];
}
