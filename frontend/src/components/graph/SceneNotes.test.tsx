import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Scene } from "@/lib/api/types";
import { SceneNotes, type Hops } from "./SceneNotes";

function notes(hidden: Scene["hidden"], truncated: boolean, hops?: Hops): string {
  render(<SceneNotes scene={{ focus: "a", as_of: null, nodes: [], edges: [], rollups: [], hidden, truncated }} hops={hops} />);
  return screen.getByTestId("scene-notes").textContent;
}

describe("what a scene omits", () => {
  it("counts each reason in words", () => {
    const text = notes({ permission: 1, limit: 7, depth: 3 }, true, { up: 2, down: 1, most: 10 });
    expect(text).toContain("1 node hidden, no permission");
    expect(text).toContain("at least 7 nodes hidden, beyond the size limit");
    expect(text).toContain("3 nodes hidden, one hop further: more hops show them");
    expect(text).toContain("fewer hops show all of the nearest nodes");
  });

  it("gives no advice that cannot be followed", () => {
    const most = notes({ depth: 3 }, false, { up: 10, down: 10, most: 10 });
    expect(most).toContain("focus on a node nearer to them");
    expect(most).not.toContain("more hops");
  });

  it("does not suggest fewer than one hop", () => {
    const text = notes({ limit: 3 }, true, { up: 1, down: 1, most: 10 });
    expect(text).not.toContain("fewer hops");
    expect(text).toContain("search for the neighbour");
  });

  it("does not mention hops where the user cannot set them", () => {
    expect(notes({ depth: 2, limit: 1 }, true)).not.toMatch(/more hops|fewer hops/);
  });
});
