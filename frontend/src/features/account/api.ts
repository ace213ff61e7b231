import { api } from "@/lib/api/client";
import type { LoginRequest, TokenAnswer } from "@/lib/api/types";

const accountApi = api.injectEndpoints({
  endpoints: (build) => ({
    login: build.mutation<TokenAnswer, LoginRequest>({ query: (body) => ({ path: "/auth/login", method: "POST", body }) }),
    logout: build.mutation<null, undefined>({ query: () => ({ path: "/auth/logout", method: "POST" }) }),
  }),
});

export const { useLoginMutation, useLogoutMutation } = accountApi;
