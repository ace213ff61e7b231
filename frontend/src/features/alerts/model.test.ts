// @vitest-environment node
import { expect, it } from "vitest";
import { alerts, modelDetail } from "@/testing/story/models";
import { byUrgency, EMPTY_RULE, ruleErrors, shownSeverity, toRule } from "./model";

it("puts first what needs a person first", () => {
  const [firing, resolved] = alerts as [(typeof alerts)[0], (typeof alerts)[0]];
  const pending = { ...firing, state: "pending" };
  const mild = { ...firing, severity: "info" };
  expect(byUrgency([resolved, pending, mild, firing])).toEqual([firing, mild, pending, resolved]);
});

it("sends a rule only when it is whole, with a threshold of zero being one", () => {
  const whole = { ...EMPTY_RULE, name: " R2 floor ", model: modelDetail.id, metric: "r2", threshold: 0 as const };
  expect(Object.keys(ruleErrors(EMPTY_RULE)).sort()).toEqual(["metric", "model", "name", "threshold"]);
  expect(toRule({ ...whole, forWindows: 0 }, [modelDetail])).toBeNull();
  expect(toRule(whole, [])).toBeNull();
  expect(toRule(whole, [modelDetail])).toEqual({
    name: "R2 floor", model_namespace: "churn", model_name: "churn", metric: "r2", comparison: "below", threshold: 0, severity: "warning", for_windows: 1,
  });
});

it("keeps the word of a severity and lowers its voice once the alert is over", () => {
  expect(shownSeverity({ severity: "critical", state: "firing" })).toEqual({ word: "Critical", tone: "bad" });
  expect(shownSeverity({ severity: "critical", state: "resolved" })).toEqual({ word: "Critical", tone: "quiet" });
});
