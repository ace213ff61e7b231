import { api } from "./client";
import type { Me } from "./types";

const meApi = api.injectEndpoints({
  endpoints: (build) => ({
    me: build.query<Me, undefined>({ query: () => ({ path: "/auth/me" }), providesTags: ["Me"] }),
  }),
});

export const { useMeQuery } = meApi;

/** Whether the viewer holds a permission. Only hides what would be refused: the server decides. */
export function useMay(permission: string): boolean {
  const { data } = useMeQuery(undefined);
  return data?.permissions.includes(permission) ?? false;
}
