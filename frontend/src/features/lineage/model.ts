import type { Node, NodeDetail, RunSummary, Scene } from "@/lib/api/types";
import { choice, integer, moment, optionalText, type Codec } from "@/lib/url/codec";

export const MOST_HOPS = 10;
const METRIC = "EvaluationMetric";

/** The state that a link to the lineage page restores. */
export interface LineageView {
  focus: string | null;
  up: number;
  down: number;
  as_of: string | null;
  /** The node whose details are open. */
  node: string | null;
  view: "graph" | "table";
  /** Metrics of versions are many and have no edges of their own beyond the version: hidden by default. */
  metrics: "shown" | "hidden";
}

export const lineageCodec: Codec<LineageView> = {
  focus: optionalText,
  up: integer(2, 0, MOST_HOPS),
  down: integer(2, 0, MOST_HOPS),
  as_of: moment,
  node: optionalText,
  view: choice(["graph", "table"], "graph"),
  metrics: choice(["shown", "hidden"], "hidden"),
};

/** The query of a view as one string: scenes of one query are updates of each other. */
export function questionKey({ focus, up, down, as_of, metrics }: LineageView): string {
  return `${focus ?? ""}|${String(up)}|${String(down)}|${as_of ?? ""}|${metrics}`;
}

/** The scene without its metrics, which are counted as hidden. If the focus is a metric, all are kept. */
export function withoutMetrics(scene: Scene): Scene {
  const metrics = new Set(scene.nodes.filter((node) => node.kind === METRIC).map((node) => node.id));
  if (metrics.size === 0 || metrics.has(scene.focus)) return scene;
  return {
    ...scene,
    nodes: scene.nodes.filter((node) => !metrics.has(node.id)),
    edges: scene.edges.filter((edge) => !metrics.has(edge.from) && !metrics.has(edge.to)),
    hidden: { ...scene.hidden, metrics: metrics.size },
  };
}

/** The model that a node belongs to, if it has a page. */
export function modelOf(node: Pick<NodeDetail, "id" | "kind" | "summary">): string | null {
  if (node.kind === "MLModel") return node.id;
  const id = node.summary["model_id"];
  return typeof id === "string" ? id : null;
}

/** The model whose version (or whose version's output or metric) this node is, if the scene contains it. */
export function modelBeside(scene: Scene, id: string): string | null {
  const into = (to: string, type: string) => scene.edges.find((edge) => edge.to === to && edge.type === type)?.from ?? null;
  const version = into(id, "GENERATES") ?? into(id, "EVALUATED_BY") ?? id;
  return into(version, "HAS_VERSION");
}

export interface JobLine {
  job_id: string;
  label: string;
  name: string;
  namespace: string;
  state: string;
  at: string | null;
}

/** A job listed by the state of its latest run, whose last event is also the job's last. */
export function failingLine(job: Node): JobLine {
  return { job_id: job.id, label: job.label, name: job.name, namespace: job.namespace, state: job.status ?? "", at: job.last_seen };
}

/** The latest run of each job, newest first; runs come newest first from the server. */
export function latestByJob(runs: readonly RunSummary[], limit: number): JobLine[] {
  const jobs = new Map<string, JobLine>();
  for (const run of runs) {
    if (jobs.has(run.job_id)) continue;
    const at = run.ended_at ?? run.started_at;
    jobs.set(run.job_id, { job_id: run.job_id, label: run.job_label, name: run.job_name, namespace: run.job_namespace, state: run.state, at });
  }
  return [...jobs.values()].slice(0, limit);
}
