import { http, HttpResponse, type HttpHandler } from "msw";
import type { Alert, Me, MetricSeries, NodeDetail, Page, Rule } from "@/lib/api/types";
import { undeclared } from "./declared";
import { fakeId } from "./story/build";
import * as graph from "./story/graph";
import * as models from "./story/models";
import { sceneOf } from "./story/scene";

const API = "*/api/v1";
const SCHEMA = ["customer_id", "tenure_months", "plan", "region", "invoices_late", "invoices_total", "usage_minutes_30d", "usage_days_30d", "support_tickets", "has_discount", "signup_channel", "snapshot_date"];

export function page<T>(items: readonly T[]): Page<T> {
  return { items: [...items], next_cursor: null };
}

export function problem(status: number, title: string, detail = "") {
  return HttpResponse.json({ type: "about:blank", title, status, detail, instance: "req-test-1" }, { status, headers: { "X-Request-Id": "req-test-1" } });
}

export const me: Me = { subject: "u1", username: "admin", display_name: "Ada Admin", roles: ["owner"], permissions: ["lineage:read", "models:read", "alerts:read", "alerts:write"] };

function detail(id: string): NodeDetail | null {
  const node = graph.nodes.find((item) => item.id === id);
  if (!node) return null;
  const dataset = node.kind === "DataSource" || node.kind === "Output";
  return {
    ...node,
    facets: graph.facets[id] ?? {},
    columns: dataset ? SCHEMA.map((name, i) => ({ name, type: i % 3 ? "integer" : "varchar", description: i === 1 ? "Whole months since the contract began" : null })) : [],
    owners: dataset ? ["team:data-platform"] : [],
    description: id === graph.features.id ? "One row a customer and day: everything the churn model sees." : null,
    runs: graph.runs.filter((run) => run.job_id === id),
    versions: node.kind === "MLModel" ? [graph.v3, graph.v2, graph.v1] : [],
    last_confirmed_run: null,
    merged_into: null,
  };
}

function signedIn(): HttpHandler[] {
  return [
    http.post(`${API}/auth/login`, async ({ request }) => {
      const { password } = (await request.json()) as { password: string };
      if (password === "wrong") return problem(401, "Not authenticated", "Unknown user or wrong password.");
      return HttpResponse.json({ access_token: "token", token_type: "Bearer", expires_in: 300 });
    }),
    http.post(`${API}/auth/refresh`, () => HttpResponse.json({ access_token: "token", token_type: "Bearer", expires_in: 300 })),
    http.post(`${API}/auth/logout`, () => new HttpResponse(null, { status: 204 })),
    http.get(`${API}/auth/me`, () => HttpResponse.json(me)),
  ];
}

function lineage(): HttpHandler[] {
  return [
    http.get(`${API}/stats`, () => {
      const counts = new Map<string, number>([["Run", 412]]);
      for (const { kind } of graph.nodes) counts.set(kind, (counts.get(kind) ?? 0) + 1);
      return HttpResponse.json({ nodes: Object.fromEntries(counts), edges: { TRANSFORMED_BY: 4 }, change: 7 });
    }),
    http.get(`${API}/runs`, ({ request }) => {
      const state = new URL(request.url).searchParams.get("state");
      return HttpResponse.json(page(graph.runs.filter((run) => !state || run.state === state)));
    }),
    http.get(`${API}/graph/search`, ({ request }) => {
      const { searchParams } = new URL(request.url);
      const q = searchParams.get("q")?.toLowerCase() ?? "";
      const among = (name: string, value: string | null) => searchParams.get(name)?.split(",").includes(value ?? "") ?? true;
      const found = graph.nodes.filter((node) => node.name.toLowerCase().includes(q) && among("kind", node.kind) && among("status", node.status));
      return HttpResponse.json(page(found.slice(0, Number(searchParams.get("limit") ?? 20))));
    }),
    http.get(`${API}/graph/scene`, ({ request }) => {
      const { searchParams: q } = new URL(request.url);
      const scene = sceneOf(q.get("focus") ?? "", Number(q.get("up") ?? 2), Number(q.get("down") ?? 2), q.get("as_of"));
      return scene ? HttpResponse.json(scene) : problem(404, "Not found", "It does not exist, or you may not see it.");
    }),
    http.get(`${API}/graph/nodes/:id`, ({ params }) => {
      const found = detail(String(params["id"]));
      return found ? HttpResponse.json(found) : problem(404, "Not found");
    }),
  ];
}

function quality(): HttpHandler[] {
  return [
    http.get(`${API}/models`, () => HttpResponse.json(page([models.modelDetail]))),
    http.get(`${API}/models/:id`, ({ params }) => (params["id"] === graph.model.id ? HttpResponse.json(models.modelDetail) : problem(404, "Not found"))),
    http.get(`${API}/models/:id/metrics`, ({ request }) => {
      const metric = new URL(request.url).searchParams.get("metric");
      const series: MetricSeries = {
        points: models.points.filter((p) => !metric || p.metric === metric),
        metrics: ["accuracy", "f1", "precision", "recall"],
        reported: [],
        thresholds: models.thresholds,
      };
      return HttpResponse.json(series);
    }),
    http.get(`${API}/predictions`, ({ request }) => {
      const id = new URL(request.url).searchParams.get("id");
      if (id !== models.prediction.id) return problem(404, "Not found");
      return HttpResponse.json({ ...models.prediction, scene: sceneOf(graph.scoresTable.id, 3, 0, models.prediction.event_time) });
    }),
  ];
}

function alerting(): HttpHandler[] {
  let rules: Rule[] = [...models.rules];
  return [
    http.get(`${API}/alerts`, ({ request }) => {
      const state = new URL(request.url).searchParams.get("state");
      return HttpResponse.json(page<Alert>(models.alerts.filter((alert) => !state || alert.state === state)));
    }),
    http.get(`${API}/alerts/rules`, () => HttpResponse.json(page(rules))),
    http.post(`${API}/alerts/rules`, async ({ request }) => {
      const body = (await request.json()) as Omit<Rule, "id" | "model_id" | "enabled" | "watched" | "more_versions">;
      const rule: Rule = { ...body, id: fakeId(body.name), model_id: graph.model.id, enabled: true, watched: [], more_versions: 0 };
      rules = [...rules, rule];
      return HttpResponse.json(rule, { status: 201 });
    }),
    http.delete(`${API}/alerts/rules/:id`, ({ params }) => {
      rules = rules.filter((rule) => rule.id !== params["id"]);
      return new HttpResponse(null, { status: 204 });
    }),
  ];
}

/** Refuses parameters that the route does not declare, as the server does. */
const refusal = http.all(`${API}/*`, ({ request }) => {
  const [name] = undeclared(request.method, new URL(request.url));
  return name === undefined ? undefined : problem(400, "Invalid query", `${name}: There is no such parameter.`);
});

/** The whole read API, served from the story. Each call starts with fresh rules. */
export const storyHandlers = (): HttpHandler[] => [refusal, ...signedIn(), ...lineage(), ...quality(), ...alerting()];
