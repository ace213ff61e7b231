import { choice, optionalText, type Codec } from "@/lib/url/codec";

export const KINDS = ["DataSource", "ETLProcess", "MLModel", "ModelVersion", "Output", "Run"] as const;
export const RUN_STATES = ["FAIL", "ABORT", "RUNNING", "COMPLETE", "NEW"] as const;
export const ALERT_STATES = ["firing", "pending", "ok"] as const;
const ANY = "any";

export type Kind = (typeof KINDS)[number];

/** The state that a link to the catalogue restores. */
export interface CatalogView {
  kind: Kind;
  /** A status that the kind has, or "any". */
  status: string;
  q: string | null;
}

export const catalogCodec: Codec<CatalogView> = {
  kind: choice(KINDS, "DataSource"),
  status: choice([ANY, ...RUN_STATES, ...ALERT_STATES], ANY),
  q: optionalText,
};

/** The statuses that nodes of a kind can have; empty for kinds without a status. */
export function statusesOf(kind: Kind): readonly string[] {
  if (kind === "ETLProcess" || kind === "Run") return RUN_STATES;
  return kind === "MLModel" || kind === "ModelVersion" ? ALERT_STATES : [];
}

/** The status to query; null for all, or if the kind has no such status. */
export function askedStatus({ kind, status }: Pick<CatalogView, "kind" | "status">): string | null {
  return statusesOf(kind).includes(status) ? status : null;
}
