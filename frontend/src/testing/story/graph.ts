import type { Edge, Node, RunSummary } from "@/lib/api/types";
import { at, DAY, edge, HOUR, node, run } from "./build";

const WAREHOUSE = "postgres://warehouse.example:5432";
const JOBS = "churn-pipeline";
const ML = "churn";
const batch = { job_type: "batch" };

export const crm = node("DataSource", "postgres://crm.example:5432", "crm.public.customers", { summary: { columns: 14 }, tags: ["pii"] });
export const billing = node("DataSource", "s3://billing-exports", "invoices/daily", { summary: { columns: 9 } });
export const events = node("DataSource", "kafka://events.example:9092", "product.usage.events", { summary: { columns: 22 } });
export const customers = node("DataSource", WAREHOUSE, "analytics.staging.customers_clean", { summary: { columns: 12 } });
export const invoices = node("DataSource", WAREHOUSE, "analytics.staging.invoices_normalised", { summary: { columns: 8 } });
export const features = node("DataSource", WAREHOUSE, "analytics.features.customer_churn_features", { summary: { columns: 31 } });
export const loadCrm = node("ETLProcess", JOBS, "load_crm_customers", { status: "COMPLETE", summary: batch });
export const loadBilling = node("ETLProcess", JOBS, "normalise_billing_invoices", { status: "FAIL", summary: batch });
export const build = node("ETLProcess", JOBS, "build_customer_churn_features", { status: "RUNNING", summary: batch });
export const train = node("ETLProcess", JOBS, "train_churn_model", { status: "COMPLETE", summary: batch });
export const model = node("MLModel", ML, "churn", { status: "FIRING", summary: { versions: 3 } });
const version = (v: string, stage: string, status: string | null) =>
  node("ModelVersion", ML, `churn@${v}`, { label: `churn v${v}`, status, summary: { stage, model_id: model.id } });
export const v1 = version("1", "retired", null);
export const v2 = version("2", "retired", null);
export const v3 = version("3", "deployed", "FIRING");
export const scoresTable = node("Output", WAREHOUSE, "analytics.serving.churn_scores", { summary: { columns: 6 } });
export const campaign = node("Output", "s3://marketing", "campaigns/retention_targets", { summary: { columns: 4 } });
export const accuracy = node("EvaluationMetric", ML, "churn@3#accuracy", { label: "Accuracy", summary: { value: 0.741 } });
export const recall = node("EvaluationMetric", ML, "churn@3#recall", { label: "Recall", summary: { value: 0.582 } });

export const nodes: Node[] = [
  crm, billing, events, customers, invoices, features, loadCrm, loadBilling, build, train, model, v1, v2, v3, scoresTable, campaign, accuracy, recall,
];

export const edges: Edge[] = [
  edge(crm, loadCrm, "INGESTED_BY"),
  edge(loadCrm, customers, "PRODUCES"),
  edge(billing, loadBilling, "INGESTED_BY", false),
  edge(loadBilling, invoices, "PRODUCES", false),
  edge(customers, build, "TRANSFORMED_BY"),
  edge(invoices, build, "TRANSFORMED_BY"),
  edge(events, build, "TRANSFORMED_BY"),
  edge(build, features, "PRODUCES"),
  edge(features, train, "TRANSFORMED_BY"),
  edge(train, v3, "TRAINS"),
  edge(features, v3, "USED_IN"),
  edge(features, v2, "USED_IN"),
  edge(features, v1, "USED_IN"),
  edge(model, v1, "HAS_VERSION"),
  edge(model, v2, "HAS_VERSION"),
  edge(model, v3, "HAS_VERSION"),
  edge(v3, scoresTable, "GENERATES"),
  edge(v3, campaign, "GENERATES"),
  edge(v3, accuracy, "EVALUATED_BY"),
  edge(v3, recall, "EVALUATED_BY"),
];

export const runs: RunSummary[] = [
  run(build, 9, "RUNNING", 0.1 * HOUR, 0),
  run(loadBilling, 9, "FAIL", 2 * HOUR, 41),
  run(loadCrm, 9, "COMPLETE", 2.2 * HOUR, 184),
  run(build, 8, "COMPLETE", DAY, 641),
  run(loadBilling, 8, "COMPLETE", 26 * HOUR, 66),
  run(loadCrm, 8, "COMPLETE", 26.2 * HOUR, 176),
  run(train, 3, "COMPLETE", 9 * DAY, 2430),
];

export const facets: Record<string, Record<string, unknown>> = {
  [loadBilling.id]: {
    errorMessage: { _producer: "https://example.com", message: 'column "amount" does not exist', programmingLanguage: "SQL" },
    sql: { _producer: "https://example.com", query: "insert into staging.invoices_normalised\nselect id, customer_id, amount / 100.0\nfrom invoices" },
    sourceCodeLocation: { type: "git", url: "https://git.example.com/data/churn", version: "3f2a9c1", branch: "main" },
  },
  [features.id]: {
    dataQualityMetrics: { rowCount: 48_211, bytes: 9_412_332, columnMetrics: { tenure_months: { nullCount: 0, distinctCount: 96 } } },
    lifecycleStateChange: { lifecycleStateChange: "OVERWRITE" },
  },
};

export const firstSeen = at(28 * DAY);
