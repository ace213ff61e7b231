import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

/** What jsdom lacks and the components need. */
class Watcher {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

if (typeof window !== "undefined") {
  window.ResizeObserver ??= Watcher as unknown as typeof ResizeObserver;
  window.matchMedia ??= (query: string) =>
    ({ matches: query.includes("min-width"), media: query, addEventListener() {}, removeEventListener() {}, addListener() {}, removeListener() {} }) as unknown as MediaQueryList;
  HTMLElement.prototype.scrollIntoView ??= () => undefined;
  Object.defineProperty(document, "fonts", { value: { addEventListener() {}, removeEventListener() {} }, configurable: true });
}

// A long timeout for loaded machines; it costs nothing when the condition holds.
configure({ asyncUtilTimeout: 8000 });
afterEach(cleanup);
