import { render } from "@testing-library/react";
import axe from "axe-core";
import { setupServer } from "msw/node";
import { createMemoryRouter } from "react-router";
import { RouterProvider } from "react-router/dom";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { Providers } from "@/app/Providers";
import { routes } from "@/app/router";
import { createStore } from "@/app/store";
import { storyHandlers } from "./handlers";

/** The API served from the story for the tests of one file; an unhandled request fails the test. */
export function playStory() {
  const server = setupServer(...storyHandlers());
  beforeAll(() => { server.listen({ onUnhandledFrame: "error" }); });
  afterEach(() => { server.resetHandlers(...storyHandlers()); });
  afterAll(() => { server.close(); });
  return server;
}

/** The whole dashboard at a URL, signed in by default. */
export function visit(address: string, session: "in" | "out" = "in") {
  const store = createStore({ session: { state: session, token: session === "in" ? "token" : null, expired: false } });
  const router = createMemoryRouter(routes, { initialEntries: [address] });
  const view = render(
    <Providers store={store}>
      <RouterProvider router={router} />
    </Providers>,
  );
  return { ...view, store, router, address: () => router.state.location.pathname + router.state.location.search };
}

/** Passes all axe rules that jsdom can check. Colours and sizes are checked in a real browser. */
export async function expectAccessible(place: Element = document.body): Promise<void> {
  const { violations } = await axe.run(place, { rules: { "color-contrast": { enabled: false }, region: { enabled: false } } });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`)).toEqual([]);
}
