import { screen, waitFor } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, it } from "vitest";
import { page, problem } from "@/testing/handlers";
import { playStory, visit } from "@/testing/render";
import { runs } from "@/testing/story/graph";

const server = playStory();

/** A stream that stays open and sends what the test gives it. */
function openStream() {
  let sink: ReadableStreamDefaultController<Uint8Array> | null = null;
  const asked: Headers[] = [];
  const body = () =>
    new ReadableStream<Uint8Array>({
      start: (controller) => {
        sink = controller;
        // The server sends something immediately; without data no headers would reach the client here.
        controller.enqueue(new TextEncoder().encode("retry: 3000\n\n"));
      },
    });
  server.use(
    http.get("*/api/v1/stream", ({ request }) => {
      asked.push(request.headers);
      return new HttpResponse(body(), { headers: { "Content-Type": "text/event-stream" } });
    }),
  );
  return {
    asked,
    say: (text: string) => { sink?.enqueue(new TextEncoder().encode(text)); },
    end: () => { sink?.close(); },
  };
}

it("changes a badge when an event says so, without a reload", async () => {
  const stream = openStream();
  visit("/");
  await screen.findAllByText("Running");
  await waitFor(() => { expect(screen.getByTestId("live-badge").getAttribute("data-live")).toBe("live"); });
  expect(stream.asked[0]?.get("Authorization")).toBe("Bearer token");
  server.use(http.get("*/api/v1/runs", () => HttpResponse.json(page(runs.map((run) => ({ ...run, state: run.state === "RUNNING" ? "ABORT" : run.state }))))));
  stream.say('id: a-1\nevent: graph\ndata: {"change": 9, "ids": null}\n\n');
  expect(await screen.findByText("Aborted")).toBeTruthy();
});

it("shows that it polls when there is no stream", async () => {
  server.use(http.get("*/api/v1/stream", () => problem(503, "All streams are taken")));
  visit("/");
  await waitFor(() => { expect(screen.getByTestId("live-badge").textContent).toBe("Every 15 s"); });
});

it("resumes a broken stream after the last event it saw", async () => {
  const stream = openStream();
  visit("/");
  await waitFor(() => { expect(stream.asked).toHaveLength(1); });
  stream.say("id: a-7\nevent: ready\ndata: {}\n\n");
  stream.end();
  await waitFor(() => { expect(stream.asked).toHaveLength(2); }, { timeout: 5000 });
  expect(stream.asked[1]?.get("Last-Event-ID")).toBe("a-7");
});
