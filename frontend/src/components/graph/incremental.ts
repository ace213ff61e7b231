import { adjacency } from "./adjacency";
import { layered } from "./layered";
import { CARD, GAP, STEP, type LayoutGraph, type Point, type Positions } from "./layout";

/**
 * Places new nodes without moving existing ones: a new node goes one column beside its neighbours,
 * level with their mean, and down to the first free position. Removed nodes are removed from the drawing.
 */
export function incremental(graph: LayoutGraph, before: Positions): Positions {
  const kept = graph.nodes.filter((id) => before.has(id));
  if (kept.length === 0) return layered(graph);
  const placed = new Map<string, Point>(kept.map((id) => [id, before.get(id) ?? { x: 0, y: 0 }]));
  const near = adjacency(graph);
  let waiting = graph.nodes.filter((id) => !before.has(id));

  while (waiting.length > 0) {
    const ready = waiting.filter((id) => [...(near.sources.get(id) ?? []), ...(near.targets.get(id) ?? [])].some((o) => placed.has(o)));
    // If no node has a placed neighbour, place one below the drawing and continue from it.
    const round = ready.length > 0 ? ready : waiting.slice(0, 1);
    for (const id of round) placed.set(id, free(wish(id, near.sources.get(id) ?? [], near.targets.get(id) ?? [], placed), placed));
    waiting = waiting.filter((id) => !placed.has(id));
  }
  return placed;
}

function wish(id: string, sources: readonly string[], targets: readonly string[], placed: ReadonlyMap<string, Point>): Point {
  const at = (ids: readonly string[]) => ids.flatMap((other) => (other === id ? [] : (placed.get(other) ?? [])));
  const [left, right] = [at(sources), at(targets)];
  const all = [...left, ...right];
  if (all.length === 0) {
    const points = [...placed.values()];
    return { x: Math.min(...points.map((p) => p.x)), y: Math.max(...points.map((p) => p.y)) + STEP.y };
  }
  const x = left.length > 0 ? Math.max(...left.map((p) => p.x)) + STEP.x : Math.min(...right.map((p) => p.x)) - STEP.x;
  return { x, y: Math.round(all.reduce((sum, p) => sum + p.y, 0) / all.length) };
}

function free(at: Point, placed: ReadonlyMap<string, Point>): Point {
  const column = [...placed.values()]
    .filter((p) => Math.abs(p.x - at.x) < CARD.width + GAP.row)
    .sort((a, b) => a.y - b.y);
  let y = at.y;
  for (const p of column) if (p.y + STEP.y > y && p.y < y + STEP.y) y = p.y + STEP.y;
  return { x: at.x, y };
}
