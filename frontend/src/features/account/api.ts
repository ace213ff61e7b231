import { api } from "@/lib/api/client";
import { post } from "@/lib/api/request";
import type { LoginRequest, TokenAnswer } from "@/lib/api/types";

const accountApi = api.injectEndpoints({
  endpoints: (build) => ({
    login: build.mutation<TokenAnswer, LoginRequest>({ query: (body) => post("/auth/login", { body }) }),
    logout: build.mutation<null, undefined>({ query: () => post("/auth/logout") }),
  }),
});

export const { useLoginMutation, useLogoutMutation } = accountApi;
