import { createApi, type BaseQueryFn } from "@reduxjs/toolkit/query/react";
import { problemFrom, unreachable, type Problem } from "./problem";
import { signedIn, signedOut, type Session } from "./session";
import type { TokenAnswer } from "./types";

export interface Request {
  path: string;
  method?: "GET" | "POST" | "DELETE";
  /** Absent, null and empty values are left out of the query string. */
  query?: Record<string, string | number | boolean | null | undefined>;
  body?: unknown;
}

type Answer<T> = { data: T; error?: undefined } | { data?: undefined; error: Problem };

export const API_ROOT = "/api/v1";
/** Tells the auth service that a page of ours asks, not a form of another site: cookies are honoured with it alone. */
export const CLIENT_HEADER = { "X-Headwater-Client": "web" };

export function queryString(query: Request["query"] = {}): string {
  const parts = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") parts.set(key, String(value));
  }
  const text = parts.toString();
  return text && `?${text}`;
}

async function send(request: Request, token: string | null, signal?: AbortSignal): Promise<Answer<unknown>> {
  const headers = new Headers({ Accept: "application/json", ...CLIENT_HEADER });
  if (token) headers.set("Authorization", `Bearer ${token}`);
  if (request.body !== undefined) headers.set("Content-Type", "application/json");
  const address = new URL(`${API_ROOT}${request.path}${queryString(request.query)}`, window.location.origin);
  try {
    const response = await fetch(address, {
      method: request.method ?? "GET",
      headers,
      body: request.body === undefined ? undefined : JSON.stringify(request.body),
      credentials: "same-origin",
      signal,
    });
    const text = await response.text();
    const body = parse(text);
    return response.ok ? { data: body } : { error: problemFrom(response.status, body, response.headers) };
  } catch {
    return { error: unreachable() };
  }
}

function parse(text: string): unknown {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

let refreshing: Promise<string | null> | null = null;

/** Exchanges the refresh cookie for a new access token. Many callers at once share one request. */
export function refreshToken(): Promise<string | null> {
  refreshing ??= send({ path: "/auth/refresh", method: "POST" }, null)
    .then((answer) => (answer.data as TokenAnswer | null | undefined)?.access_token ?? null)
    .finally(() => {
      refreshing = null;
    });
  return refreshing;
}

/** Whether the server answers reads without a token, as one started with --open-read does. */
export async function isOpen(): Promise<boolean> {
  const answer = await send({ path: "/graph/search", query: { limit: 1 } }, null);
  return answer.error === undefined;
}

const PATIENCE = [300, 1500];

/** A read that meets "not available right now" is asked again, soon and then later, before anyone is told. */
async function patiently(request: Request, token: string | null, signal: AbortSignal): Promise<Answer<unknown>> {
  let answer = await send(request, token, signal);
  for (const wait of PATIENCE) {
    if (answer.error?.status !== 503 || (request.method ?? "GET") !== "GET" || signal.aborted) break;
    await new Promise((resolve) => setTimeout(resolve, wait));
    answer = await send(request, token, signal);
  }
  return answer;
}

const baseQuery: BaseQueryFn<Request, unknown, Problem> = async (request, { dispatch, getState, signal }) => {
  const { token } = (getState() as { session: Session }).session;
  const first = await patiently(request, token, signal);
  if (first.error?.status !== 401 || !token) return first;
  const fresh = await refreshToken();
  if (!fresh) {
    dispatch(signedOut({ expired: true }));
    return first;
  }
  dispatch(signedIn(fresh));
  return patiently(request, fresh, signal);
};

/** The one cache of everything the server said; each feature adds its own questions. */
export const api = createApi({
  reducerPath: "api",
  baseQuery,
  tagTypes: ["Node", "Scene", "Search", "Stats", "Run", "Model", "Metric", "Prediction", "Alert", "Rule", "Me"],
  keepUnusedDataFor: 120,
  refetchOnReconnect: true,
  endpoints: () => ({}),
});
