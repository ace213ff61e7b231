import { api } from "@/lib/api/client";
import { get } from "@/lib/api/request";
import type { ModelSummary, Page, PredictionDetail } from "@/lib/api/types";

const predictionsApi = api.injectEndpoints({
  endpoints: (build) => ({
    prediction: build.query<PredictionDetail, { model: string; id: string }>({
      query: ({ model, id }) => get("/predictions", { query: { model, id } }),
      providesTags: ["Prediction"],
    }),
    predictionModels: build.query<Page<ModelSummary>, undefined>({
      query: () => get("/models", { query: { limit: 200 } }),
      providesTags: [{ type: "Model", id: "LIST" }],
    }),
  }),
});

export const { usePredictionQuery, usePredictionModelsQuery } = predictionsApi;
