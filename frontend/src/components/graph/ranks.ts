import type { Adjacency } from "./adjacency";

/** Edges that close a cycle, found by one depth-first search; without them the graph is acyclic. */
function backEdges(nodes: readonly string[], { targets }: Adjacency): Set<string> {
  const state = new Map<string, "open" | "done">();
  const back = new Set<string>();
  for (const root of nodes) {
    if (state.has(root)) continue;
    const stack: { id: string; next: number }[] = [{ id: root, next: 0 }];
    state.set(root, "open");
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const child = targets.get(top.id)?.[top.next++];
      if (child === undefined) {
        state.set(top.id, "done");
        stack.pop();
      } else if (state.get(child) === "open") {
        back.add(`${top.id}\0${child}`);
      } else if (!state.has(child)) {
        state.set(child, "open");
        stack.push({ id: child, next: 0 });
      }
    }
  }
  return back;
}

/**
 * The column of every node: one more than the largest column of its sources (longest path), so that every edge
 * that closes no cycle runs to the right. Nodes without sources then move next to their nearest target.
 */
export function ranks(nodes: readonly string[], graph: Adjacency): Map<string, number> {
  const back = backEdges(nodes, graph);
  const forward = (id: string) => (graph.targets.get(id) ?? []).filter((to) => !back.has(`${id}\0${to}`));
  const waiting = new Map(nodes.map((id) => [id, 0]));
  for (const id of nodes) for (const to of forward(id)) waiting.set(to, (waiting.get(to) ?? 0) + 1);
  const hasSources = new Set([...waiting].filter(([, count]) => count > 0).map(([id]) => id));

  const rank = new Map<string, number>();
  const queue = nodes.filter((id) => !hasSources.has(id));
  for (const id of queue) {
    const own = rank.get(id) ?? 0;
    rank.set(id, own);
    for (const to of forward(id)) {
      rank.set(to, Math.max(rank.get(to) ?? 0, own + 1));
      const left = (waiting.get(to) ?? 1) - 1;
      waiting.set(to, left);
      if (left === 0) queue.push(to);
    }
  }
  for (const id of nodes) {
    const next = hasSources.has(id) ? [] : forward(id).map((to) => rank.get(to) ?? 0);
    if (next.length > 0) rank.set(id, Math.min(...next) - 1);
  }
  return rank;
}
