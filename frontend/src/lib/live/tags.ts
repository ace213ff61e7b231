import type { ServerEvent } from "./sse";

/** The kinds of answers that live events make stale. */
export type LiveTag =
  | { type: "Node" | "Model" | "Metric"; id: string }
  | { type: "Scene" | "Search" | "Stats" | "Run" | "Alert" | "Model"; id?: "LIST" };

export const EVERYTHING: LiveTag[] = [
  { type: "Scene" },
  { type: "Stats" },
  { type: "Run" },
  { type: "Alert" },
  { type: "Model" },
];

function payload(event: ServerEvent): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(event.data);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

/** What one event of the stream makes stale. An event of an unknown kind makes nothing stale. */
export function staleTags(event: ServerEvent): LiveTag[] {
  const body = payload(event);
  const model = typeof body["model_id"] === "string" ? body["model_id"] : null;
  const aboutModel: LiveTag[] = model
    ? [
        { type: "Metric", id: model },
        { type: "Model", id: model },
        { type: "Node", id: model },
      ]
    : [];
  switch (event.event) {
    case "graph":
      return [
        ...texts(body["ids"]).map((id): LiveTag => ({ type: "Node", id })),
        { type: "Scene" },
        { type: "Stats" },
        { type: "Run" },
        { type: "Model", id: "LIST" },
      ];
    case "metric":
      return aboutModel;
    case "alert":
      return [...aboutModel, { type: "Alert" }, { type: "Model", id: "LIST" }, { type: "Scene" }];
    case "reset":
      return EVERYTHING;
    default:
      return [];
  }
}

/** Each tag once, in the order of first appearance. */
export function distinct(tags: readonly LiveTag[]): LiveTag[] {
  const seen = new Map(tags.map((tag) => [`${tag.type}/${tag.id ?? ""}`, tag]));
  return [...seen.values()];
}
