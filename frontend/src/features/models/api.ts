import { api } from "@/lib/api/client";
import { get } from "@/lib/api/request";
import type { Alert, MetricSeries, ModelDetail, ModelSummary, Page } from "@/lib/api/types";

const modelsApi = api.injectEndpoints({
  endpoints: (build) => ({
    models: build.query<Page<ModelSummary>, undefined>({
      query: () => get("/models", { query: { limit: 200 } }),
      providesTags: [{ type: "Model", id: "LIST" }],
    }),
    model: build.query<ModelDetail, string>({
      query: (id) => get("/models/{model}", { params: { model: id } }),
      providesTags: (_, __, id) => [{ type: "Model", id }],
    }),
    modelMetrics: build.query<MetricSeries, { id: string; metric: string | null }>({
      query: ({ id, metric }) => get("/models/{model}/metrics", { params: { model: id }, query: { metric } }),
      providesTags: (_, __, { id }) => [{ type: "Metric", id }],
    }),
    modelAlerts: build.query<Page<Alert>, string>({
      query: (model) => get("/alerts", { query: { model } }),
      providesTags: ["Alert"],
    }),
  }),
});

export const { useModelsQuery, useModelQuery, useModelMetricsQuery, useModelAlertsQuery } = modelsApi;
