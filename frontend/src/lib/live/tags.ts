import type { ServerEvent } from "./sse";

/** The cache tags that live events invalidate. */
export type LiveTag =
  | { type: "Node" | "Model" | "Metric"; id?: string }
  | { type: "Scene" | "Search" | "Stats" | "Run" | "Alert" | "Rule" };

export const EVERYTHING: LiveTag[] = [
  { type: "Scene" },
  { type: "Search" },
  { type: "Node" },
  { type: "Stats" },
  { type: "Run" },
  { type: "Alert" },
  { type: "Rule" },
  { type: "Model" },
  { type: "Metric" },
];

function payload(event: ServerEvent): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(event.data);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function texts(value: unknown): string[] | null {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : null;
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** A signal names the model and the version that it concerns; the details of both may be open. */
function aboutModel(model: string | null, version: string | null): LiveTag[] {
  const nodes = [model, version].filter((id) => id !== null).map((id): LiveTag => ({ type: "Node", id }));
  return model ? [{ type: "Metric", id: model }, { type: "Model", id: model }, ...nodes] : nodes;
}

/** The tags that one stream event invalidates; none for an event of an unknown kind. */
export function staleTags(event: ServerEvent): LiveTag[] {
  const body = payload(event);
  const model = aboutModel(text(body["model_id"]), text(body["version_id"]));
  switch (event.event) {
    case "graph":
      return [
        // No list means too many to list: then all open details are stale.
        ...(texts(body["ids"])?.map((id): LiveTag => ({ type: "Node", id })) ?? [{ type: "Node" } as const]),
        { type: "Scene" },
        { type: "Search" },
        { type: "Stats" },
        { type: "Run" },
        { type: "Model", id: "LIST" },
      ];
    case "metric":
      return model;
    case "alert":
      return [...model, { type: "Alert" }, { type: "Model", id: "LIST" }, { type: "Scene" }];
    case "reset":
      return EVERYTHING;
    default:
      return [];
  }
}

/** Each tag once, in the order of first appearance. */
export function distinct(tags: readonly LiveTag[]): LiveTag[] {
  const seen = new Map(tags.map((tag) => [`${tag.type}/${"id" in tag ? (tag.id ?? "") : ""}`, tag]));
  return [...seen.values()];
}
