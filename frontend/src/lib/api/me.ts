import { api } from "./client";
import { get } from "./request";
import type { Permission } from "./schema.gen";
import type { Me } from "./types";

const meApi = api.injectEndpoints({
  endpoints: (build) => ({
    me: build.query<Me, undefined>({ query: () => get("/auth/me"), providesTags: ["Me"] }),
  }),
});

export const { useMeQuery } = meApi;

/** Whether the viewer holds a permission. Only hides what would be refused: the server decides. */
export function useMay(permission: Permission): boolean {
  const { data } = useMeQuery(undefined);
  return data?.permissions.includes(permission) ?? false;
}
