import { api } from "@/lib/api/client";
import type { Alert, MetricSeries, ModelSummary, NewRule, Page, Rule } from "@/lib/api/types";

const alertsApi = api.injectEndpoints({
  endpoints: (build) => ({
    alerts: build.query<Page<Alert>, { state: string | null }>({
      query: ({ state }) => ({ path: "/alerts", query: { state, limit: 100 } }),
      providesTags: ["Alert"],
    }),
    rules: build.query<Page<Rule>, undefined>({ query: () => ({ path: "/alerts/rules", query: { limit: 200 } }), providesTags: ["Rule"] }),
    ruleModels: build.query<Page<ModelSummary>, undefined>({
      query: () => ({ path: "/models", query: { limit: 200 } }),
      providesTags: [{ type: "Model", id: "LIST" }],
    }),
    ruleMetrics: build.query<MetricSeries, string>({
      query: (id) => ({ path: `/models/${encodeURIComponent(id)}/metrics` }),
      providesTags: (_, __, id) => [{ type: "Metric", id }],
    }),
    addRule: build.mutation<Rule, NewRule>({
      query: (body) => ({ path: "/alerts/rules", method: "POST", body }),
      invalidatesTags: ["Rule", "Alert", "Metric"],
    }),
    removeRule: build.mutation<null, string>({
      query: (id) => ({ path: `/alerts/rules/${encodeURIComponent(id)}`, method: "DELETE" }),
      invalidatesTags: ["Rule", "Alert", "Metric"],
    }),
  }),
});

export const { useAlertsQuery, useRulesQuery, useRuleModelsQuery, useRuleMetricsQuery, useAddRuleMutation, useRemoveRuleMutation } = alertsApi;
