import type { Node, Scene } from "@/lib/api/types";
import { metricName, metricValue } from "@/lib/format/number";
import { plural, words } from "@/lib/format/text";
import { adjacency, reach } from "./adjacency";
import { CARD, type LayoutGraph, type Positions } from "./layout";

/** The part of a scene that layout needs. Nodes and edges are sorted: the same scene is always drawn the same. */
export function layoutGraph(scene: Scene): LayoutGraph {
  const nodes = scene.nodes.map((node) => node.id).sort();
  const edges = scene.edges.map((edge) => [edge.from, edge.to] as const);
  return { nodes, edges: edges.sort((a, b) => (a.join() < b.join() ? -1 : 1)) };
}

export function displayName(node: Node): string {
  const name = node.label || node.name;
  return node.kind === "EvaluationMetric" ? metricName(name) : name;
}

/** The location of a node: its namespace, or for a metric the model version that it measures. */
export function place(node: Node): string {
  return node.kind === "EvaluationMetric" ? (node.name.split("#")[0] ?? node.namespace).replace("@", " v") : node.namespace;
}

/** Hops from the focus: negative upstream, positive downstream, null without a path. */
export function hopsFrom(scene: Scene): Map<string, number | null> {
  const { sources, targets } = adjacency(layoutGraph(scene));
  const up = reach(scene.focus, sources);
  const down = reach(scene.focus, targets);
  return new Map(
    scene.nodes.map(({ id }) => {
      const [u, d] = [up.get(id), down.get(id)];
      if (u === undefined && d === undefined) return [id, null];
      return [id, u === undefined || (d !== undefined && d <= u) ? (d ?? 0) : -u];
    }),
  );
}

/** The selected node with everything upstream and downstream of it. */
export function related(scene: Scene, id: string): Set<string> {
  const { sources, targets } = adjacency(layoutGraph(scene));
  return new Set([...reach(id, sources).keys(), ...reach(id, targets).keys()]);
}

export type Direction = "left" | "right" | "up" | "down";

/** The target of an arrow key: left and right along an edge, up and down to the next card in the column. */
export function neighbour(scene: Scene, positions: Positions, from: string, direction: Direction): string | null {
  const here = positions.get(from);
  if (!here) return null;
  const { sources, targets } = adjacency(layoutGraph(scene));
  // Infinite cost means no path.
  const nearest = (ids: readonly string[], cost: (dx: number, dy: number) => number) =>
    ids
      .flatMap((id) => {
        const p = positions.get(id);
        return p && id !== from ? [{ id, cost: cost(p.x - here.x, p.y - here.y) }] : [];
      })
      .filter((option) => Number.isFinite(option.cost))
      .sort((a, b) => a.cost - b.cost)[0]?.id ?? null;

  if (direction === "left") return nearest(sources.get(from) ?? [], (_, dy) => Math.abs(dy));
  if (direction === "right") return nearest(targets.get(from) ?? [], (_, dy) => Math.abs(dy));
  const sign = direction === "up" ? -1 : 1;
  return nearest([...positions.keys()], (dx, dy) => (dy * sign > 0 && Math.abs(dx) < CARD.width ? dy * sign : Infinity));
}

/** The last line of a card, from the server's summary. */
export function cardFact(node: Node): string | null {
  const { columns, value, stage, job_type: jobType, metric, deployed_version: deployed } = node.summary;
  if (node.kind === "restricted") return "No permission to see this";
  if (value === null) return "No value yet";
  if (typeof value === "number") return metricValue(value);
  if (typeof columns === "number") return plural(columns, "column");
  if (typeof stage === "string") return words(stage);
  if (typeof deployed === "string") return `v${deployed} deployed`;
  if (typeof jobType === "string") return words(jobType);
  if (typeof metric === "string") return words(metric);
  const first = Object.entries(node.summary).find(([, v]) => typeof v === "string" || typeof v === "number");
  return first ? `${words(first[0])}: ${String(first[1])}` : null;
}
