import { choice, optionalText, type Codec } from "@/lib/url/codec";

export interface PredictionView {
  model: string | null;
  id: string | null;
  node: string | null;
  view: "graph" | "table";
}

export const predictionCodec: Codec<PredictionView> = {
  model: optionalText,
  id: optionalText,
  node: optionalText,
  view: choice(["graph", "table"], "graph"),
};

/** The scores of a payload, highest first; none when the task has no scores by class. */
export function scores(payload: Record<string, unknown>): { name: string; score: number }[] {
  const given = payload["scores"];
  if (typeof given !== "object" || given === null || Array.isArray(given)) return [];
  return Object.entries(given)
    .flatMap(([name, score]) => (typeof score === "number" ? [{ name, score }] : []))
    .sort((a, b) => b.score - a.score);
}

/** The payload in short: the class, value, labels or cluster. Null if it has no short form. */
export function verdict(payload: Record<string, unknown> | null): string | null {
  if (!payload) return null;
  for (const key of ["class", "value", "cluster"]) {
    const value = payload[key];
    if (typeof value === "string" || typeof value === "number") return String(value);
  }
  const labels = payload["labels"];
  return Array.isArray(labels) ? labels.map(String).join(", ") || "no label" : null;
}

const SHOWN_ELSEWHERE = new Set(["task", "type", "class", "scores", "value"]);

/** The rest of a payload, for a plain listing. */
export function remainder(payload: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(payload).filter(([key]) => !SHOWN_ELSEWHERE.has(key)));
}
