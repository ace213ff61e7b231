// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineageCodec, type LineageView } from "@/features/lineage/model";
import { safeReturn } from "@/features/account/model";
import { read, write } from "./codec";

const anyView: fc.Arbitrary<LineageView> = fc.record({
  focus: fc.option(fc.string({ minLength: 1 })),
  up: fc.integer({ min: 0, max: 10 }),
  down: fc.integer({ min: 0, max: 10 }),
  as_of: fc.option(fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.toISOString())),
  node: fc.option(fc.string({ minLength: 1 })),
  view: fc.constantFrom("graph", "table"),
  metrics: fc.constantFrom("shown", "hidden"),
});

describe("the address", () => {
  it("restores every view it was written for", () => {
    fc.assert(
      fc.property(anyView, (view) => {
        const text = write(lineageCodec, view).toString();
        expect(read(lineageCodec, new URLSearchParams(text))).toEqual(view);
      }),
    );
  });

  it("turns invalid input into the default view", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom("up", "down", "as_of", "view", "metrics"), fc.constantFrom("-1", "99", "x", "", "1e1", "2.5")), (nonsense) => {
        expect(read(lineageCodec, new URLSearchParams(nonsense))).toEqual({ focus: null, up: 2, down: 2, as_of: null, node: null, view: "graph", metrics: "hidden" });
      }),
    );
  });

  it("stays short: defaults are omitted, unknown parameters are kept", () => {
    const view = read(lineageCodec, new URLSearchParams());
    expect(write(lineageCodec, { ...view, focus: "a" }, new URLSearchParams("theme=dark")).toString()).toBe("theme=dark&focus=a");
  });

  it("never leads away from the dashboard after signing in", () => {
    expect(["//evil.example", "https://evil.example", "/\\evil.example", "/login?next=/", null].map(safeReturn)).toEqual(["/", "/", "/", "/", "/"]);
    expect(safeReturn("/lineage?focus=a")).toBe("/lineage?focus=a");
  });
});
