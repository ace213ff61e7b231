// @vitest-environment node
import { expect, it } from "vitest";
import { whereabouts } from "./FocusSearch";

it("tells equal labels apart by the whole name", () => {
  expect(whereabouts({ namespace: "s3://lake", name: "raw/invoices", label: "invoices" })).toBe("s3://lake / raw/invoices");
  expect(whereabouts({ namespace: "airflow", name: "load", label: "load" })).toBe("airflow");
  expect(whereabouts({ namespace: "ml", name: "churn@3", label: "churn v3" })).toBe("ml");
});
