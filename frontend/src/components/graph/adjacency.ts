import type { LayoutGraph } from "./layout";

export interface Adjacency {
  sources: ReadonlyMap<string, readonly string[]>;
  targets: ReadonlyMap<string, readonly string[]>;
}

/** Neighbours of every node, without self loops, duplicates, and edges to missing nodes. */
export function adjacency({ nodes, edges }: LayoutGraph): Adjacency {
  const sources = new Map(nodes.map((id) => [id, new Set<string>()]));
  const targets = new Map(nodes.map((id) => [id, new Set<string>()]));
  for (const [from, to] of edges) {
    if (from === to || !sources.has(from) || !sources.has(to)) continue;
    sources.get(to)?.add(from);
    targets.get(from)?.add(to);
  }
  const lists = (sets: Map<string, Set<string>>) => new Map(Array.from(sets, ([id, set]) => [id, [...set]]));
  return { sources: lists(sources), targets: lists(targets) };
}

/** Everything reachable from `start` along `next`, with the number of steps; `start` itself is 0. */
export function reach(start: string, next: ReadonlyMap<string, readonly string[]>): Map<string, number> {
  const steps = new Map([[start, 0]]);
  const queue = [start];
  for (const id of queue) {
    for (const other of next.get(id) ?? []) {
      if (steps.has(other)) continue;
      steps.set(other, (steps.get(id) ?? 0) + 1);
      queue.push(other);
    }
  }
  return steps;
}
