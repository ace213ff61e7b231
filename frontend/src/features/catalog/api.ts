import { api } from "@/lib/api/client";
import { get } from "@/lib/api/request";
import type { Node, Page, RunSummary } from "@/lib/api/types";

const PAGE = 50;

interface NodeQuestion {
  kind: string;
  status: string | null;
  q: string | null;
}

/** Each page begins at the cursor of the previous one. */
const paged = {
  initialPageParam: null as string | null,
  getNextPageParam: (last: Page<unknown>) => last.next_cursor ?? undefined,
};

const catalogApi = api.injectEndpoints({
  endpoints: (build) => ({
    nodes: build.infiniteQuery<Page<Node>, NodeQuestion, string | null>({
      infiniteQueryOptions: paged,
      query: ({ queryArg: { kind, status, q }, pageParam }) => get("/graph/search", { query: { kind, status, q, limit: PAGE, cursor: pageParam } }),
      providesTags: ["Stats"],
    }),
    runList: build.infiniteQuery<Page<RunSummary>, { state: string | null }, string | null>({
      infiniteQueryOptions: paged,
      query: ({ queryArg: { state }, pageParam }) => get("/runs", { query: { state, limit: PAGE, cursor: pageParam } }),
      providesTags: ["Run"],
    }),
  }),
});

export const { useNodesInfiniteQuery, useRunListInfiniteQuery } = catalogApi;
