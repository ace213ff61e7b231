import type { Edge, Node, Scene } from "@/lib/api/types";
import { edges, nodes } from "./graph";

function step(ids: ReadonlySet<string>, all: readonly Edge[], direction: "up" | "down"): Set<string> {
  const [near, far] = direction === "up" ? (["to", "from"] as const) : (["from", "to"] as const);
  return new Set([...ids, ...all.filter((edge) => ids.has(edge[near])).map((edge) => edge[far])]);
}

/** The neighbourhood of a node in the story, walked as the server does: upstream and downstream separately. */
export function sceneOf(focus: string, up: number, down: number, asOf: string | null, all: readonly Node[] = nodes): Scene | null {
  if (!all.some((node) => node.id === focus)) return null;
  let [above, below] = [new Set([focus]), new Set([focus])];
  // A hop leads from data to data, through the job between them.
  for (let i = 0; i < 2 * up; i++) above = step(above, edges, "up");
  for (let i = 0; i < 2 * down; i++) below = step(below, edges, "down");
  const ids = new Set([...above, ...below]);
  return {
    focus,
    as_of: asOf,
    nodes: all.filter((node) => ids.has(node.id)),
    edges: edges.filter((edge) => ids.has(edge.from) && ids.has(edge.to)),
    rollups: [],
    hidden: { permission: 1 },
    truncated: false,
  };
}
