/** Types of the API under the names that the dashboard uses, generated from the API description. */
import type { components } from "./schema.gen";

type Schemas = components["schemas"];

export type Alert = Schemas["Alert"];
export type Edge = Schemas["Edge"];
export type GraphStats = Schemas["GraphStats"];
export type LabelEntry = Schemas["LabelEntry"];
export type Me = Schemas["Me"];
export type MetricPoint = Schemas["MetricPoint"];
export type MetricSeries = Schemas["MetricSeries"];
export type MetricThreshold = Schemas["MetricThreshold"];
export type ModelDetail = Schemas["ModelDetail"];
export type ModelSummary = Schemas["ModelSummary"];
export type NewRule = Schemas["NewRule"];
export type RuleVersion = Schemas["RuleVersion"];
export type RuleWindow = Schemas["RuleWindow"];
export type Node = Schemas["Node"];
export type NodeDetail = Schemas["NodeDetail"];
export type PredictionDetail = Schemas["PredictionDetail"];
export type Rule = Schemas["Rule"];
export type RunSummary = Schemas["RunSummary"];
export type Scene = Schemas["Scene"];
export type SchemaColumn = Schemas["SchemaColumn"];
export type TokenAnswer = Schemas["TokenAnswer"];
export type VersionSummary = Schemas["VersionSummary"];

/** Fields with a default may be omitted. */
export type LoginRequest = Pick<Schemas["LoginRequest"], "username" | "password"> & Partial<Schemas["LoginRequest"]>;

/** The response of every list. */
export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}
