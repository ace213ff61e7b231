// @vitest-environment node
import { expect, it } from "vitest";
import { alerts, modelDetail } from "@/testing/story/models";
import { byUrgency, EMPTY_RULE, judgedName, ruleErrors, shownSeverity, toRule, waitingText } from "./model";

it("puts the most urgent first", () => {
  const [firing, resolved] = alerts as [(typeof alerts)[0], (typeof alerts)[0]];
  const pending = { ...firing, state: "pending" };
  const mild = { ...firing, severity: "info" };
  expect(byUrgency([resolved, pending, mild, firing])).toEqual([firing, mild, pending, resolved]);
});

it("sends a rule only when it is complete, and accepts a threshold of zero", () => {
  const whole = { ...EMPTY_RULE, name: " R2 floor ", model: modelDetail.id, metric: "r2", threshold: 0 as const };
  expect(Object.keys(ruleErrors(EMPTY_RULE)).sort()).toEqual(["metric", "model", "name", "threshold"]);
  expect(toRule({ ...whole, forWindows: 0 }, [modelDetail])).toBeNull();
  expect(toRule(whole, [])).toBeNull();
  expect(toRule(whole, [modelDetail])).toEqual({
    name: "R2 floor", model_namespace: "churn", model_name: "churn", metric: "r2", source: "computed", comparison: "below", threshold: 0, severity: "warning", for_windows: 1, min_rows: 30,
  });
});

it("explains why a window is not evaluated, and marks reported metrics", () => {
  const window = { window_start: "2026-03-01T00:00:00Z", window_end: "2026-03-02T00:00:00Z", closes_at: "2026-03-02T01:00:00Z", value: 0.4, reason: null, rows: 12 };
  expect(waitingText({ ...window, unjudged: "few_rows" }, 30)).toBe("not enough rows: 12 of 30");
  expect(waitingText({ ...window, unjudged: "open" }, 30)).toMatch(/^window still open until .*2/);
  expect(waitingText({ ...window, value: null, reason: "no_labels", unjudged: "undefined" }, 30)).toBe("no value: no labels yet");
  expect(judgedName({ metric: "accuracy", source: "computed" })).toBe("Accuracy");
  expect(judgedName({ metric: "accuracy", source: "reported" })).toBe("Accuracy (reported)");
});

it("keeps the severity of a resolved alert but in a quiet tone", () => {
  expect(shownSeverity({ severity: "critical", state: "firing" })).toEqual({ word: "Critical", tone: "bad" });
  expect(shownSeverity({ severity: "critical", state: "resolved" })).toEqual({ word: "Critical", tone: "quiet" });
});
