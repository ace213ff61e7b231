import { api } from "@/lib/api/client";
import type { Alert, MetricSeries, ModelDetail, ModelSummary, Page } from "@/lib/api/types";

const modelsApi = api.injectEndpoints({
  endpoints: (build) => ({
    models: build.query<Page<ModelSummary>, undefined>({
      query: () => ({ path: "/models", query: { limit: 200 } }),
      providesTags: [{ type: "Model", id: "LIST" }],
    }),
    model: build.query<ModelDetail, string>({
      query: (id) => ({ path: `/models/${encodeURIComponent(id)}` }),
      providesTags: (_, __, id) => [{ type: "Model", id }],
    }),
    modelMetrics: build.query<MetricSeries, { id: string; metric: string | null }>({
      query: ({ id, metric }) => ({ path: `/models/${encodeURIComponent(id)}/metrics`, query: { metric } }),
      providesTags: (_, __, { id }) => [{ type: "Metric", id }],
    }),
    modelAlerts: build.query<Page<Alert>, string>({
      query: (model) => ({ path: "/alerts", query: { model } }),
      providesTags: ["Alert"],
    }),
  }),
});

export const { useModelsQuery, useModelQuery, useModelMetricsQuery, useModelAlertsQuery } = modelsApi;
