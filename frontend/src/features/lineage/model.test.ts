// @vitest-environment node
import { expect, it } from "vitest";
import type { Scene } from "@/lib/api/types";
import { build, loadBilling, model, runs, scoresTable, v3 } from "@/testing/story/graph";
import { sceneOf } from "@/testing/story/scene";
import { latestByJob, modelBeside, modelOf, withoutMetrics } from "./model";

it("derives the state of a job from its newest run", () => {
  const jobs = latestByJob(runs, 10);
  expect(jobs.map((job) => job.job_id)).toHaveLength(4);
  expect(jobs.find((job) => job.job_id === loadBilling.id)?.state).toBe("FAIL");
  expect(jobs[0]?.job_id).toBe(build.id);
  expect(latestByJob(runs, 2)).toHaveLength(2);
});

it("finds the model page of a model, its versions, and their outputs and metrics", () => {
  const scene = sceneOf(v3.id, 2, 2, null) as Scene;
  expect(modelOf(model)).toBe(model.id);
  expect(modelOf({ ...v3, summary: {} })).toBeNull();
  expect(modelBeside(scene, v3.id)).toBe(model.id);
  expect(modelBeside(scene, scoresTable.id)).toBe(model.id);
  expect(modelBeside(scene, build.id)).toBeNull();
});

it("omits metrics from a scene, counts them, and keeps them all if one is in focus", () => {
  const scene = sceneOf(v3.id, 2, 2, null) as Scene;
  const metrics = scene.nodes.filter((node) => node.kind === "EvaluationMetric");
  const rest = withoutMetrics(scene);
  expect(metrics.length).toBeGreaterThan(0);
  expect(rest.nodes).toEqual(scene.nodes.filter((node) => node.kind !== "EvaluationMetric"));
  expect(rest.edges.some((edge) => edge.type === "EVALUATED_BY")).toBe(false);
  expect(rest.hidden["metrics"]).toBe(metrics.length);
  expect(withoutMetrics(rest)).toBe(rest);
  const focused = { ...scene, focus: metrics[0]?.id ?? "" };
  expect(withoutMetrics(focused)).toBe(focused);
});
