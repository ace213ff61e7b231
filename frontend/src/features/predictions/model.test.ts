// @vitest-environment node
import { expect, it } from "vitest";
import { remainder, scores, verdict } from "./model";

it("shortens the prediction of any task", () => {
  expect(verdict({ task: "binary", class: "leaves" })).toBe("leaves");
  expect(verdict({ task: "regression", value: 0 })).toBe("0");
  expect(verdict({ task: "multilabel", labels: ["a", "b"] })).toBe("a, b");
  expect(verdict({ task: "multilabel", labels: [] })).toBe("no label");
  expect(verdict({ task: "clustering", cluster: "7" })).toBe("7");
  expect(verdict({ task: "ranking", query: "q", items: ["a"] })).toBeNull();
  expect(verdict(null)).toBeNull();
});

it("orders scores and leaves the rest of a payload for a plain listing", () => {
  expect(scores({ scores: { no: 0.2, yes: 0.8 } }).map(({ name }) => name)).toEqual(["yes", "no"]);
  expect(scores({ scores: [0.1] })).toEqual([]);
  expect(remainder({ task: "ranking", items: ["a"], scores: [1] })).toEqual({ items: ["a"] });
});
