import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import { createStore } from "@/app/store";
import { startSession } from "@/app/startSession";
import { playStory } from "@/testing/render";
import { problem } from "@/testing/handlers";
import { api } from "./client";
import { problemFrom } from "./problem";

const server = playStory();
const ask = api.injectEndpoints({ endpoints: (build) => ({ probe: build.query<unknown, number>({ query: (i) => ({ path: "/stats", query: { i } }) }) }) });

function expireTokens(refresh: () => Response) {
  const calls = { refresh: 0 };
  server.use(
    http.get("*/api/v1/stats", ({ request }) => (request.headers.get("Authorization") === "Bearer fresh" ? HttpResponse.json({ ok: true }) : problem(401, "Who is asking?"))),
    http.post("*/api/v1/auth/refresh", ({ request }) => {
      calls.refresh += 1;
      expect(request.headers.get("X-Headwater-Client")).toBe("web");
      return refresh();
    }),
  );
  return calls;
}

describe("a token that ran out", () => {
  it("is renewed once for many questions at a time, and they are asked again", async () => {
    const calls = expireTokens(() => HttpResponse.json({ access_token: "fresh", token_type: "Bearer", expires_in: 300 }));
    const store = createStore({ session: { state: "in", token: "stale", expired: false } });
    const answers = await Promise.all([1, 2, 3, 4].map((i) => store.dispatch(ask.endpoints.probe.initiate(i))));
    expect(answers.map((answer) => answer.data)).toEqual(Array(4).fill({ ok: true }));
    expect(calls.refresh).toBe(1);
    expect(store.getState().session.token).toBe("fresh");
  });

  it("ends the session when it cannot be renewed, and says why", async () => {
    expireTokens(() => problem(401, "Who is asking?"));
    const store = createStore({ session: { state: "in", token: "stale", expired: false } });
    await store.dispatch(ask.endpoints.probe.initiate(1));
    expect(store.getState().session).toEqual({ state: "out", token: null, expired: true });
  });
});

describe("the start of a session", () => {
  it("uses the refresh cookie", async () => {
    const store = createStore();
    await startSession(store);
    expect(store.getState().session).toMatchObject({ state: "in", token: "token" });
  });

  it("needs no token where everyone may read", async () => {
    server.use(http.post("*/api/v1/auth/refresh", () => problem(401, "Who is asking?")));
    const store = createStore();
    await startSession(store);
    expect(store.getState().session.state).toBe("open");
  });

  it("leads to the sign-in page otherwise, without a word about an ended session", async () => {
    server.use(http.post("*/api/v1/auth/refresh", () => problem(401, "")), http.get("*/api/v1/graph/search", () => problem(401, "")));
    const store = createStore();
    await startSession(store);
    expect(store.getState().session).toEqual({ state: "out", token: null, expired: false });
  });
});

it("makes any failed answer readable", () => {
  expect(problemFrom(502, null)).toMatchObject({ status: 502, title: "The server answered 502", errors: [] });
  expect(problemFrom(422, { title: "No", detail: "x", instance: "r1", errors: [{ field: "name", message: "empty" }, 3] })).toMatchObject({
    title: "No",
    requestId: "r1",
    errors: [{ field: "name", message: "empty" }],
  });
});
