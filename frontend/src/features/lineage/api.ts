import { api } from "@/lib/api/client";
import { get } from "@/lib/api/request";
import type { Alert, GraphStats, ModelSummary, Node, NodeDetail, Page, Rule, RunSummary, Scene } from "@/lib/api/types";

export interface SceneQuestion {
  focus: string;
  up: number;
  down: number;
  as_of: string | null;
}

/** The kinds that search offers; metrics and runs are found through their owners. */
const FINDABLE = "DataSource,ETLProcess,MLModel,ModelVersion,Output,Run";

const lineageApi = api.injectEndpoints({
  endpoints: (build) => ({
    scene: build.query<Scene, SceneQuestion>({
      query: ({ focus, up, down, as_of }) => get("/graph/scene", { query: { focus, up, down, as_of } }),
      providesTags: ["Scene"],
    }),
    searchNodes: build.query<Page<Node>, { q: string; limit?: number }>({
      query: ({ q, limit }) => get("/graph/search", { query: { q, kind: FINDABLE, limit: limit ?? 12 } }),
      keepUnusedDataFor: 15,
      // Matches stay where they are while someone chooses; that there are none must stay true.
      providesTags: (found) => (found?.items.length === 0 ? ["Search"] : []),
    }),
    node: build.query<NodeDetail, string>({
      query: (id) => get("/graph/nodes/{node}", { params: { node: id } }),
      providesTags: (_, __, id) => [{ type: "Node", id }],
    }),
    stats: build.query<GraphStats, undefined>({ query: () => get("/stats"), providesTags: ["Stats"] }),
    failingJobs: build.query<Page<Node>, undefined>({
      query: () => get("/graph/search", { query: { kind: "ETLProcess", status: "FAIL", limit: 6 } }),
      providesTags: ["Run"],
    }),
    ruleCount: build.query<Page<Rule>, undefined>({ query: () => get("/alerts/rules", { query: { limit: 200 } }), providesTags: ["Rule"] }),
    runs: build.query<Page<RunSummary>, { limit: number }>({
      query: ({ limit }) => get("/runs", { query: { limit } }),
      providesTags: ["Run"],
    }),
    homeModels: build.query<Page<ModelSummary>, undefined>({
      query: () => get("/models", { query: { limit: 6 } }),
      providesTags: [{ type: "Model", id: "LIST" }],
    }),
    homeAlerts: build.query<Page<Alert>, undefined>({
      query: () => get("/alerts", { query: { state: "firing", limit: 6 } }),
      providesTags: ["Alert"],
    }),
  }),
});

export const {
  useSceneQuery,
  useSearchNodesQuery,
  useNodeQuery,
  useStatsQuery,
  useFailingJobsQuery,
  useRuleCountQuery,
  useRunsQuery,
  useHomeModelsQuery,
  useHomeAlertsQuery,
} = lineageApi;
