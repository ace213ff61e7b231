// @vitest-environment node
import { describe, expect, it } from "vitest";
import * as story from "@/testing/story/graph";
import { sceneOf } from "@/testing/story/scene";
import type { Scene } from "@/lib/api/types";
import { firstLook, reveal, whole } from "./camera";
import { layered } from "./layered";
import { cardFact, hopsFrom, layoutGraph, neighbour, related } from "./scene";
import { sceneRows } from "./SceneTable";

const scene = sceneOf(story.features.id, 2, 2, null) as Scene;
const positions = layered(layoutGraph(scene));

describe("a scene", () => {
  it("counts hops from the focus, upstream below zero", () => {
    const hops = hopsFrom(scene);
    expect(hops.get(story.features.id)).toBe(0);
    expect(hops.get(story.build.id)).toBe(-1);
    expect(hops.get(story.v3.id)).toBe(1);
  });

  it("relates a node only to its sources and results", () => {
    const lit = related(scene, story.customers.id);
    expect(lit.has(story.crm.id)).toBe(true);
    expect(lit.has(story.v3.id)).toBe(true);
    expect(lit.has(story.invoices.id)).toBe(false);
  });

  it("shows the same nodes as table and as graph", () => {
    expect(sceneRows(scene).map((row) => row.node.id).sort()).toEqual([...positions.keys()].sort());
  });

  it("lists neighbours in natural order", () => {
    const version = (name: string) => ({ ...story.v3, id: name, name, label: name });
    const many: Scene = {
      ...scene,
      nodes: [story.features, ...["v10", "v9", "v1"].map(version)],
      edges: ["v10", "v9", "v1"].map((to) => ({ ...scene.edges[0], from: story.features.id, to }) as Scene["edges"][number]),
    };
    const rows = sceneRows(many);
    expect(rows[0]?.targets.map((name) => name.split(" ").at(-1))).toEqual(["v1", "v9", "v10"]);
    expect(rows.slice(1).map((row) => row.node.name)).toEqual(["v1", "v9", "v10"]);
  });

  it("leads arrow keys along edges to the sides", () => {
    expect(neighbour(scene, positions, story.features.id, "left")).toBe(story.build.id);
    expect(neighbour(scene, positions, story.build.id, "right")).toBe(story.features.id);
    expect(neighbour(scene, positions, "unknown", "right")).toBeNull();
  });

  it("leads arrow keys up and down within a column, and back again", () => {
    const down = neighbour(scene, positions, story.v1.id, "down") ?? neighbour(scene, positions, story.v1.id, "up");
    expect(down).not.toBeNull();
    expect(positions.get(down ?? "")?.x).toBe(positions.get(story.v1.id)?.x);
  });

  it("puts one fact on a card", () => {
    expect(cardFact(story.features)).toBe("31 columns");
    expect(cardFact(story.accuracy)).toBe("0.741");
    expect(cardFact(story.v3)).toBe("Deployed");
    expect(cardFact({ ...story.model, summary: { deployed_version: "3", versions: 3 } })).toBe("v3 deployed");
    expect(cardFact({ ...story.v3, kind: "restricted" })).toContain("No permission");
  });
});

describe("the camera", () => {
  const size = { width: 1000, height: 600 };

  it("shows all of a small drawing without enlarging it", () => {
    const camera = firstLook(new Map([["a", { x: 0, y: 0 }]]), "a", size);
    expect(camera.zoom).toBe(1);
    expect(camera.x).toBeCloseTo(500 - 122);
  });

  it("keeps a drawing that is too large readable, with the focus in view", () => {
    const camera = firstLook(positions, story.features.id, size);
    const x = (positions.get(story.features.id)?.x ?? 0) * camera.zoom + camera.x;
    expect(camera.zoom).toBeGreaterThan(0.6);
    expect(x).toBeGreaterThan(0);
    expect(x).toBeLessThan(size.width);
    expect(whole(positions, size).zoom).toBeLessThan(camera.zoom);
  });

  it("moves only as far as needed to show a card", () => {
    const still = { x: 0, y: 0, zoom: 1 };
    expect(reveal(still, { x: 100, y: 100 }, size)).toEqual(still);
    expect(reveal(still, { x: 900, y: 100 }, size).x).toBe(1000 - 32 - 900 - 244);
  });
});
