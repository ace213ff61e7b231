import { createApi, type BaseQueryFn } from "@reduxjs/toolkit/query/react";
import { isRefusal, late, problemFrom, unreachable, unreadable, type Problem } from "./problem";
import { get, post, type Request } from "./request";
import { signedIn, signedOut, type Session } from "./session";
import type { TokenAnswer } from "./types";

type Answer<T> = { data: T; error?: undefined } | { data?: undefined; error: Problem };

export const API_ROOT = "/api/v1";
/** Marks requests from our pages, as opposed to forms on other sites: the auth service accepts cookies only with it. */
export const CLIENT_HEADER = { "X-Headwater-Client": "web" };

/** Absent, null and empty values are omitted. */
export function queryString(query: object = {}): string {
  const parts = new URLSearchParams();
  for (const [key, value] of Object.entries(query) as [string, unknown][]) {
    if (value !== null && value !== undefined && value !== "") parts.set(key, String(value));
  }
  const text = parts.toString();
  return text && `?${text}`;
}

async function send(request: Request, token: string | null, signal: AbortSignal): Promise<Answer<unknown>> {
  const headers = new Headers({ Accept: "application/json", ...CLIENT_HEADER });
  if (token) headers.set("Authorization", `Bearer ${token}`);
  if (request.body !== undefined) headers.set("Content-Type", "application/json");
  const address = new URL(`${API_ROOT}${request.path}${queryString(request.query)}`, window.location.origin);
  try {
    const response = await fetch(address, {
      method: request.method,
      headers,
      body: request.body === undefined ? undefined : JSON.stringify(request.body),
      credentials: "same-origin",
      signal,
    });
    const body = parse(await response.text());
    if (!response.ok) return { error: problemFrom(response.status, body, response.headers) };
    const empty = response.status === 204;
    // Every response with a body is an object; anything else came from a proxy or a sign-in page in between.
    return empty || (typeof body === "object" && body !== null) ? { data: empty ? null : body } : { error: unreadable(response.headers) };
  } catch {
    return { error: signal.reason === LATE ? late(DEADLINE / 1000, isRead(request)) : unreachable() };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRead({ method }: Request): boolean {
  return method === "GET";
}

/** Milliseconds for one query, including a token refresh and retries. */
export const DEADLINE = 10_000;
const LATE = "late";

/** Aborts a request when its time is over or it is no longer needed. */
async function withDeadline<T>(outer: AbortSignal | null, run: (signal: AbortSignal, ends: number) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const ends = Date.now() + DEADLINE;
  const timer = setTimeout(() => { controller.abort(LATE); }, DEADLINE);
  const stop = () => { controller.abort(outer?.reason); };
  outer?.addEventListener("abort", stop);
  try {
    return await run(controller.signal, ends);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", stop);
  }
}

let refreshing: Promise<Answer<string>> | null = null;

/** Exchanges the refresh cookie for a new access token. Concurrent callers share one request. */
export function refreshToken(): Promise<Answer<string>> {
  refreshing ??= withDeadline(null, (signal) => send(post("/auth/refresh"), null, signal))
    .then((answer): Answer<string> => (answer.error ? { error: answer.error } : { data: (answer.data as TokenAnswer).access_token }))
    .finally(() => {
      refreshing = null;
    });
  return refreshing;
}

/** Whether the server allows reads without a token, as with --open-read. */
export async function isOpen(): Promise<boolean> {
  const answer = await withDeadline(null, (signal) => send(get("/graph/search", { query: { limit: 1 } }), null, signal));
  return answer.error === undefined;
}

const PATIENCE = [300, 1500];

/** A read that gets 503 is repeated with increasing delays, never before Retry-After, and not at all if the remaining
 * time is too short. */
async function patiently(request: Request, token: string | null, signal: AbortSignal, ends: number): Promise<Answer<unknown>> {
  let answer = await send(request, token, signal);
  for (const own of PATIENCE) {
    if (answer.error?.status !== 503 || !isRead(request)) break;
    const wait = Math.max(own, 1000 * (answer.error.retryAfter ?? 0));
    if (Date.now() + wait >= ends) break;
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (signal.aborted) break;
    answer = await send(request, token, signal);
  }
  return answer;
}

const baseQuery: BaseQueryFn<Request, unknown, Problem> = (request, { dispatch, getState, signal: unwanted }) =>
  withDeadline(unwanted, async (signal, ends) => {
    const { token } = (getState() as { session: Session }).session;
    const first = await patiently(request, token, signal, ends);
    if (first.error?.status !== 401 || !token) return first;
    const fresh = await refreshToken();
    if (fresh.error) {
      // A session ends when the server ends it, not because the server is briefly unavailable.
      if (isRefusal(fresh.error)) dispatch(signedOut({ expired: true }));
      return isRefusal(fresh.error) ? first : { error: fresh.error };
    }
    dispatch(signedIn(fresh.data));
    return patiently(request, fresh.data, signal, ends);
  });

/** The one cache of all server responses; each feature adds its own queries. */
export const api = createApi({
  reducerPath: "api",
  baseQuery,
  tagTypes: ["Node", "Scene", "Search", "Stats", "Run", "Model", "Metric", "Prediction", "Alert", "Rule", "Me"],
  keepUnusedDataFor: 120,
  refetchOnReconnect: true,
  endpoints: () => ({}),
});
