import { http, HttpResponse } from "msw";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createStore } from "@/app/store";
import { startSession } from "@/app/startSession";
import { playStory } from "@/testing/render";
import { problem } from "@/testing/handlers";
import { api } from "./client";
import { get } from "./request";
import { problemFrom, secondsToWait, type Problem } from "./problem";

const server = playStory();
const ask = api.injectEndpoints({ endpoints: (build) => ({ probe: build.query<unknown, number>({ query: () => get("/stats") }) }) });

function expireTokens(refresh: () => Response) {
  const calls = { refresh: 0 };
  server.use(
    http.get("*/api/v1/stats", ({ request }) => (request.headers.get("Authorization") === "Bearer fresh" ? HttpResponse.json({ ok: true }) : problem(401, "Not authenticated"))),
    http.post("*/api/v1/auth/refresh", ({ request }) => {
      calls.refresh += 1;
      expect(request.headers.get("X-Headwater-Client")).toBe("web");
      return refresh();
    }),
  );
  return calls;
}

describe("an expired token", () => {
  it("is renewed once for concurrent requests, which are then repeated", async () => {
    const calls = expireTokens(() => HttpResponse.json({ access_token: "fresh", token_type: "Bearer", expires_in: 300 }));
    const store = createStore({ session: { state: "in", token: "stale", expired: false } });
    const answers = await Promise.all([1, 2, 3, 4].map((i) => store.dispatch(ask.endpoints.probe.initiate(i))));
    expect(answers.map((answer) => answer.data)).toEqual(Array(4).fill({ ok: true }));
    expect(calls.refresh).toBe(1);
    expect(store.getState().session.token).toBe("fresh");
  });

  it("keeps the session if it temporarily cannot be renewed", async () => {
    expireTokens(() => problem(503, "Not available now"));
    const store = createStore({ session: { state: "in", token: "stale", expired: false } });
    expect((await store.dispatch(ask.endpoints.probe.initiate(1))).error).toMatchObject({ status: 503 });
    expect(store.getState().session.state).toBe("in");
  });

  it("ends the session if it cannot be renewed, and gives the reason", async () => {
    expireTokens(() => problem(401, "Not authenticated"));
    const store = createStore({ session: { state: "in", token: "stale", expired: false } });
    await store.dispatch(ask.endpoints.probe.initiate(1));
    expect(store.getState().session).toEqual({ state: "out", token: null, expired: true });
  });
});

describe("an invalid response", () => {
  const inside = () => createStore({ session: { state: "in", token: "token", expired: false } });
  /** Advances the clock while the request is open, so that no test waits. */
  async function askLater(store = inside()) {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    const answer = store.dispatch(ask.endpoints.probe.initiate(1));
    const began = Date.now();
    let over = false;
    void answer.then(() => { over = true; });
    while (!over) await vi.advanceTimersByTimeAsync(50);
    return { error: (await answer).error as Problem, took: Date.now() - began };
  }
  afterEach(() => { vi.useRealTimers(); });

  it.each([
    ["a page of HTML", () => new HttpResponse("<!doctype html><p>Sign in to the network", { headers: { "Content-Type": "text/html", "X-Request-Id": "r7" } })],
    ["half an answer", () => new HttpResponse('{"items": [', { headers: { "Content-Type": "application/json", "X-Request-Id": "r7" } })],
    ["nothing", () => new HttpResponse("", { headers: { "X-Request-Id": "r7" } })],
    ["a bare null", () => new HttpResponse("null", { headers: { "X-Request-Id": "r7" } })],
  ])("is an error that a person can read: %s", async (_, answer) => {
    server.use(http.get("*/api/v1/stats", answer));
    const { error } = await inside().dispatch(ask.endpoints.probe.initiate(1));
    expect(error).toMatchObject({ title: "The response cannot be read", requestId: "r7" });
    expect(JSON.stringify(error)).not.toMatch(/JSON|Unexpected|token/);
  });

  it("times out after ten seconds", async () => {
    server.use(http.get("*/api/v1/stats", () => new Promise<Response>(() => undefined)));
    const { error, took } = await askLater();
    expect(error).toMatchObject({ status: 0, title: "No response within 10 seconds" });
    expect(took).toBeGreaterThanOrEqual(10_000);
    expect(took).toBeLessThan(10_500);
  });

  it("times out after ten seconds in total, retries included", async () => {
    let calls = 0;
    server.use(
      http.get("*/api/v1/stats", () => {
        calls += 1;
        return calls === 1 ? problem(503, "Not now") : new Promise<Response>(() => undefined);
      }),
    );
    expect((await askLater()).took).toBeLessThan(10_500);
    expect(calls).toBe(2);
  });

  it("is retried no earlier than Retry-After, if there is time", async () => {
    const times: number[] = [];
    const busy = (seconds: string) =>
      http.get("*/api/v1/stats", () => {
        times.push(Date.now());
        return HttpResponse.json({ title: "Not now", status: 503 }, { status: 503, headers: { "Retry-After": seconds } });
      });
    server.use(busy("3"));
    const { error } = await askLater();
    expect(times).toHaveLength(3);
    expect(times[1] ?? 0).toBeGreaterThanOrEqual((times[0] ?? 0) + 3000);
    expect(error.retryAfter).toBe(3);
    times.length = 0;
    server.use(busy("30"));
    vi.useRealTimers();
    expect((await askLater()).took).toBeLessThan(1000);
    expect(times).toHaveLength(1);
  });

  it("reports that the device is offline", async () => {
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    server.use(http.get("*/api/v1/stats", () => HttpResponse.error()));
    expect((await inside().dispatch(ask.endpoints.probe.initiate(1))).error).toMatchObject({ title: "You are offline" });
  });
});

it("reads Retry-After as seconds or as a date, and never waits longer than a minute", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");
  expect(secondsToWait("2", now)).toBe(2);
  expect(secondsToWait("Sun, 01 Mar 2026 12:00:09 GMT", now)).toBe(9);
  expect(secondsToWait("Sun, 01 Mar 2026 11:00:00 GMT", now)).toBe(0);
  expect(secondsToWait("86400", now)).toBe(60);
  expect(secondsToWait("soon", now)).toBeNull();
  expect(secondsToWait(null, now)).toBeNull();
});

describe("the start of a session", () => {
  it("uses the refresh cookie", async () => {
    const store = createStore();
    await startSession(store);
    expect(store.getState().session).toMatchObject({ state: "in", token: "token" });
  });

  it("needs no token with open reads", async () => {
    server.use(http.post("*/api/v1/auth/refresh", () => problem(401, "Not authenticated")));
    const store = createStore();
    await startSession(store);
    expect(store.getState().session.state).toBe("open");
  });

  it("is an error if the server cannot tell who is signed in", async () => {
    server.use(http.post("*/api/v1/auth/refresh", () => problem(503, "Not available now")));
    const store = createStore();
    await startSession(store);
    expect(store.getState().session).toMatchObject({ state: "unknown", problem: { status: 503 } });
  });

  it("leads to the sign-in page otherwise, without mentioning an ended session", async () => {
    server.use(http.post("*/api/v1/auth/refresh", () => problem(401, "")), http.get("*/api/v1/graph/search", () => problem(401, "")));
    const store = createStore();
    await startSession(store);
    expect(store.getState().session).toEqual({ state: "out", token: null, expired: false });
  });
});

it("turns any failed response into a problem", () => {
  expect(problemFrom(502, null)).toMatchObject({ status: 502, title: "The server responded with 502", errors: [] });
  expect(problemFrom(422, { title: "No", detail: "x", instance: "r1", errors: [{ field: "name", message: "empty" }, 3] })).toMatchObject({
    title: "No",
    requestId: "r1",
    errors: [{ field: "name", message: "empty" }],
  });
});
