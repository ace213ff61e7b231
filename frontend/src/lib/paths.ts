/** Every URL of the dashboard, so that links are never written by hand. */
function withQuery(path: string, query: Record<string, string | number | null | undefined>): string {
  const parts = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") parts.set(key, String(value));
  }
  const text = parts.toString();
  return text ? `${path}?${text}` : path;
}

export const paths = {
  home: "/",
  login: "/login",
  lineage: (focus?: string, asOf?: string | null) => withQuery("/lineage", { focus, as_of: asOf }),
  catalog: (kind?: string, status?: string) => withQuery("/catalog", { kind, status }),
  models: "/models",
  model: (id: string, metric?: string) => withQuery(`/models/${id}`, { metric }),
  predictions: (model?: string, id?: string) => withQuery("/predictions", { model, id }),
  alerts: (state?: string) => withQuery("/alerts", { state }),
};
