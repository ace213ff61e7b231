/** How each kind of node is named and drawn. The kind is shown by icon, shape and word together, never by colour alone. */
export type KindKey = "dataset" | "job" | "model" | "version" | "output" | "metric" | "run" | "column" | "restricted";
export type Shape = "square" | "circle" | "hexagon" | "diamond" | "pill" | "octagon";

export interface KindInfo {
  key: KindKey;
  word: string;
  plural: string;
  shape: Shape;
}

const KINDS: Record<string, KindInfo> = {
  DataSource: { key: "dataset", word: "Dataset", plural: "Datasets", shape: "square" },
  ETLProcess: { key: "job", word: "Job", plural: "Jobs", shape: "circle" },
  MLModel: { key: "model", word: "Model", plural: "Models", shape: "hexagon" },
  ModelVersion: { key: "version", word: "Version", plural: "Model versions", shape: "diamond" },
  Output: { key: "output", word: "Output", plural: "Outputs", shape: "pill" },
  EvaluationMetric: { key: "metric", word: "Metric", plural: "Metrics", shape: "octagon" },
  Run: { key: "run", word: "Run", plural: "Runs", shape: "circle" },
  Column: { key: "column", word: "Column", plural: "Columns", shape: "square" },
  restricted: { key: "restricted", word: "Restricted", plural: "Restricted", shape: "square" },
};

/** A kind that this build does not know is shown under its own name. */
export function kindInfo(kind: string): KindInfo {
  return KINDS[kind] ?? { key: "dataset", word: kind, plural: kind, shape: "square" };
}

const RELATIONS: Record<string, string> = {
  INGESTED_BY: "ingested by",
  TRANSFORMED_BY: "read by",
  PRODUCES: "writes",
  USED_IN: "used in",
  TRAINS: "trains",
  HAS_VERSION: "has version",
  GENERATES: "generates",
  EVALUATED_BY: "evaluated by",
  DERIVED_FROM: "derived from",
};

export function relationWord(type: string): string {
  return RELATIONS[type] ?? type.toLowerCase().replaceAll("_", " ");
}
