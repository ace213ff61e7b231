// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyGraph } from "@/testing/graphs";
import { incremental } from "./incremental";
import { layered } from "./layered";
import { anchored, CARD } from "./layout";

describe("a live update of a drawing", () => {
  it("moves no existing card, and overlaps none with the new ones", () => {
    fc.assert(
      fc.property(anyGraph, fc.integer({ min: 1, max: 29 }), (graph, kept) => {
        const old = { nodes: graph.nodes.slice(0, kept), edges: graph.edges };
        const before = layered(old);
        const after = incremental(graph, before);
        for (const [id, place] of before) expect(after.get(id)).toEqual(place);
        const cards = [...after.values()];
        cards.forEach((p, i) => {
          for (const q of cards.slice(i + 1)) expect(Math.abs(p.x - q.x) >= CARD.width || Math.abs(p.y - q.y) >= CARD.height).toBe(true);
        });
        expect([...after.keys()].sort()).toEqual([...graph.nodes].sort());
      }),
    );
  });

  it("removes what left the graph", () => {
    const graph = { nodes: ["a", "b"], edges: [["a", "b"]] as const };
    expect([...incremental({ nodes: ["a"], edges: [] }, layered(graph)).keys()]).toEqual(["a"]);
  });

  it("places a new reader to the right of its source", () => {
    const before = layered({ nodes: ["a", "b"], edges: [["a", "b"]] });
    const after = incremental({ nodes: ["a", "b", "c"], edges: [["a", "b"], ["b", "c"]] }, before);
    expect(after.get("c")?.x).toBeGreaterThan(after.get("b")?.x ?? 0);
  });
});

it("holds the anchor in place when a drawing is replaced", () => {
  fc.assert(
    fc.property(anyGraph, fc.integer(), fc.integer(), (graph, x, y) => {
      const before = new Map([["n0", { x, y }]]);
      expect(anchored(layered(graph), before, "n0").get("n0")).toEqual({ x, y });
    }),
  );
});
