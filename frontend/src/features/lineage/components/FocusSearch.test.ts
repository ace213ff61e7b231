// @vitest-environment node
import { expect, it } from "vitest";
import { focusOf, whereabouts } from "./FocusSearch";

it("distinguishes equal labels by the full name", () => {
  expect(whereabouts({ kind: "DataSource", namespace: "s3://lake", name: "raw/invoices", label: "invoices" })).toBe("s3://lake / raw/invoices");
  expect(whereabouts({ kind: "DataSource", namespace: "airflow", name: "load", label: "load" })).toBe("airflow");
  expect(whereabouts({ kind: "DataSource", namespace: "ml", name: "churn@3", label: "churn v3" })).toBe("ml");
});

it("leads from a run to its job, and names both", () => {
  const run = { id: "r", kind: "Run", namespace: "airflow", name: "load", label: "0190-run", summary: { job_id: "j" } };
  expect(focusOf(run)).toBe("j");
  expect(whereabouts(run)).toBe("airflow / load");
  expect(focusOf({ id: "d", kind: "DataSource", summary: {} })).toBe("d");
});
