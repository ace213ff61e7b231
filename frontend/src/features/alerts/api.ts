import { api } from "@/lib/api/client";
import { get, post, remove } from "@/lib/api/request";
import type { Alert, MetricSeries, ModelSummary, NewRule, Page, Rule } from "@/lib/api/types";
import type { AlertsView } from "./model";

const alertsApi = api.injectEndpoints({
  endpoints: (build) => ({
    alerts: build.query<Page<Alert>, { state: Exclude<AlertsView["state"], "all"> | null }>({
      query: ({ state }) => get("/alerts", { query: { state, limit: 100 } }),
      providesTags: ["Alert"],
    }),
    rules: build.query<Page<Rule>, undefined>({ query: () => get("/alerts/rules", { query: { limit: 200 } }), providesTags: ["Rule"] }),
    ruleModels: build.query<Page<ModelSummary>, undefined>({
      query: () => get("/models", { query: { limit: 200 } }),
      providesTags: [{ type: "Model", id: "LIST" }],
    }),
    ruleMetrics: build.query<MetricSeries, string>({
      query: (id) => get("/models/{model}/metrics", { params: { model: id } }),
      providesTags: (_, __, id) => [{ type: "Metric", id }],
    }),
    addRule: build.mutation<Rule, NewRule>({
      query: (body) => post("/alerts/rules", { body }),
      invalidatesTags: ["Rule", "Alert", "Metric"],
    }),
    removeRule: build.mutation<null, string>({
      query: (id) => remove("/alerts/rules/{rule_id}", { params: { rule_id: id } }),
      invalidatesTags: ["Rule", "Alert", "Metric"],
    }),
  }),
});

export const { useAlertsQuery, useRulesQuery, useRuleModelsQuery, useRuleMetricsQuery, useAddRuleMutation, useRemoveRuleMutation } = alertsApi;
