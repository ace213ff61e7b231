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

/** The API played from the story for the tests of one file; a request that nobody plays fails the test. */
export function playStory() {
  const server = setupServer(...storyHandlers());
  beforeAll(() => { server.listen({ onUnhandledFrame: "error" }); });
  afterEach(() => { server.resetHandlers(...storyHandlers()); });
  afterAll(() => { server.close(); });
  return server;
}

/** The whole dashboard at an address, signed in unless told otherwise. */
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

/** No rule of axe that jsdom can judge is broken. Colours and sizes are judged in a real browser. */
export async function expectAccessible(place: Element = document.body): Promise<void> {
  const { violations } = await axe.run(place, { rules: { "color-contrast": { enabled: false }, region: { enabled: false } } });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`)).toEqual([]);
}
