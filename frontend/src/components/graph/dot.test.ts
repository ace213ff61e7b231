// @vitest-environment node
import { Graphviz } from "@hpcc-js/wasm-graphviz";
import { expect, it } from "vitest";
import { fromPlain, routeKey, toDot } from "./dot";
import { CARD } from "./layout";
import { routePath } from "./routes";

const graph = { nodes: ['a"b', "c;d", "e"], edges: [['a"b', "c;d"], ["c;d", "e"], ['a"b', "e"], ["e", "e"], ["e", "gone"]] as const };

it("carries any name through Graphviz and back", async () => {
  const graphviz = await Graphviz.load();
  const drawing = fromPlain(graphviz.layout(toDot(graph), "plain", "dot"), graph.nodes);
  const at = (id: string) => drawing?.positions.get(id) ?? { x: NaN, y: NaN };
  expect(at("c;d").x).toBeGreaterThanOrEqual(at('a"b').x + CARD.width);
  expect(at("e").x).toBeGreaterThanOrEqual(at("c;d").x + CARD.width);
  const route = drawing?.routes.get(routeKey("c;d", "e")) ?? [];
  expect(Math.abs((route[0]?.x ?? 0) - (at("c;d").x + CARD.width))).toBeLessThanOrEqual(1);
  expect(Math.abs((route.at(-1)?.x ?? 0) - at("e").x)).toBeLessThanOrEqual(1);
});

it("rejects output that lacks a node", () => {
  expect(fromPlain("graph 1 2 2\nnode 0 1 1 1 1\nstop\n", ["a", "b"])).toBeNull();
});

it("follows a route while its cards keep their distance, and drops it when they do not", () => {
  const drawing = {
    positions: new Map([["a", { x: 0, y: 0 }], ["b", { x: 300, y: 0 }]]),
    routes: new Map([["a|b", [{ x: 244, y: 44 }, { x: 260, y: 44 }, { x: 280, y: 44 }, { x: 300, y: 44 }]]]),
  };
  const moved = new Map([["a", { x: 10, y: 5 }], ["b", { x: 310, y: 5 }]]);
  expect(routePath(drawing, moved, "a", "b")).toBe("M254,49C270,49 290,49 310,49");
  expect(routePath(drawing, new Map(moved).set("b", { x: 310, y: 90 }), "a", "b")).toBeNull();
});
