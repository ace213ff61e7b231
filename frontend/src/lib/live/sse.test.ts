// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sseParser } from "./sse";
import { distinct, EVERYTHING, staleTags } from "./tags";

const STREAM = 'retry: 3000\n\n: hello\n\nid: 7\nevent: graph\ndata: {"change":7,\ndata: "ids":["a"]}\n\r\nevent: alert\r\ndata:x\r\n\r\ndata: last\rid: 8\r\r';
const EVENTS = [
  { event: "graph", data: '{"change":7,\n"ids":["a"]}', id: "7" },
  { event: "alert", data: "x", id: "7" },
  { event: "message", data: "last", id: "8" },
];

describe("the stream reader", () => {
  it("reads the same events however the text is split", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: STREAM.length }), { maxLength: 12 }), (cuts) => {
        const parser = sseParser();
        const ends = [...cuts.sort((a, b) => a - b), STREAM.length];
        const found = ends.flatMap((end, i) => parser.push(STREAM.slice(i === 0 ? 0 : ends[i - 1], end)));
        expect([...found, ...parser.push("\n")]).toEqual(EVENTS);
      }),
    );
  });

  it("does not return an unfinished event", () => {
    expect(sseParser().push("event: graph\ndata: {}\n")).toEqual([]);
  });
});

describe("a live event", () => {
  const event = (name: string, data: object) => ({ event: name, data: JSON.stringify(data), id: null });

  it("makes the nodes it names stale, and every scene", () => {
    expect(staleTags(event("graph", { change: 1, ids: ["a", "b"] }))).toEqual(
      expect.arrayContaining([{ type: "Node", id: "a" }, { type: "Node", id: "b" }, { type: "Scene" }, { type: "Run" }]),
    );
  });

  it("makes a search that found nothing stale", () => {
    expect(staleTags(event("graph", { change: 1, ids: ["a"] }))).toContainEqual({ type: "Search" });
  });

  it("makes all details stale when the nodes are too many to name", () => {
    expect(staleTags(event("graph", { change: 1, ids: null }))).toContainEqual({ type: "Node" });
  });

  it("makes the metrics of its model stale", () => {
    expect(staleTags(event("metric", { model_id: "m" }))).toContainEqual({ type: "Metric", id: "m" });
  });

  it("makes alerts and badges stale when a rule changes state", () => {
    expect(staleTags(event("alert", { model_id: "m", version_id: "v" }))).toEqual(
      expect.arrayContaining([{ type: "Alert" }, { type: "Scene" }, { type: "Node", id: "v" }]),
    );
  });

  it("makes everything stale when events were lost, and nothing when it is of an unknown kind or broken", () => {
    expect(staleTags(event("reset", {}))).toEqual(EVERYTHING);
    expect(staleTags(event("ready", {}))).toEqual([]);
    expect(staleTags({ event: "metric", data: "{", id: null })).toEqual([]);
  });

  it("invalidates each tag once however often it came", () => {
    expect(distinct([{ type: "Scene" }, { type: "Node", id: "a" }, { type: "Scene" }])).toEqual([{ type: "Scene" }, { type: "Node", id: "a" }]);
  });
});
