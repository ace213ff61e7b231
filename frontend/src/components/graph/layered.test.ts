// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyGraph } from "@/testing/graphs";
import { adjacency } from "./adjacency";
import { layered, spread } from "./layered";
import { CARD, STEP, type Positions } from "./layout";
import { ranks } from "./ranks";

function overlaps(positions: Positions): [string, string][] {
  const all = [...positions];
  return all.flatMap(([a, p], i) =>
    all.slice(i + 1).flatMap(([b, q]): [string, string][] => (Math.abs(p.x - q.x) < CARD.width && Math.abs(p.y - q.y) < CARD.height ? [[a, b]] : [])),
  );
}

describe("the layered layout", () => {
  it("places every node and overlaps none, whatever the graph", () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const positions = layered(graph);
        expect([...positions.keys()].sort()).toEqual([...graph.nodes].sort());
        expect(overlaps(positions)).toEqual([]);
      }),
    );
  });

  it("draws every edge of an acyclic graph to the right", () => {
    fc.assert(
      fc.property(anyGraph, ({ nodes, edges }) => {
        const forward = edges.filter(([a, b]) => Number(a.slice(1)) < Number(b.slice(1)));
        const positions = layered({ nodes, edges: forward });
        for (const [from, to] of forward) expect(positions.get(to)?.x).toBeGreaterThanOrEqual((positions.get(from)?.x ?? 0) + STEP.x);
      }),
    );
  });

  it("draws the same graph the same way each time", () => {
    fc.assert(fc.property(anyGraph, (graph) => { expect(layered(graph)).toEqual(layered(graph)); }));
  });

  it("survives a chain of ten thousand nodes", () => {
    const nodes = Array.from({ length: 10_000 }, (_, i) => String(i));
    const edges = nodes.slice(1).map((id, i) => [String(i), id] as const);
    expect(layered({ nodes, edges }).get("9999")?.x).toBe(9999 * STEP.x);
  });
});

it("moves a source next to its nearest target", () => {
  const nodes = ["a", "b", "c", "lone"];
  const rank = ranks(nodes, adjacency({ nodes, edges: [["a", "b"], ["b", "c"], ["lone", "c"]] }));
  expect(rank.get("lone")).toBe(1);
});

it("spreads colliding positions around their mean and keeps the others", () => {
  expect(spread([0, 0])).toEqual([-STEP.y / 2, STEP.y / 2]);
  expect(spread([0, 5 * STEP.y])).toEqual([0, 5 * STEP.y]);
});
