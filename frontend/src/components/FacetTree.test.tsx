import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { FacetTree } from "./FacetTree";

const numbered = (count: number) => Array.from({ length: count }, (_, index) => index);

describe("a facet in readable form", () => {
  it("counts what it leaves out, without the keys that are for machines", () => {
    const fields = Object.fromEntries(numbered(42).map((index) => [`field ${index}`, "x"]));
    render(<FacetTree value={{ _producer: "p", _schemaURL: "s", ...fields }} />);
    expect(screen.getByText("and 2 more")).toBeTruthy();
  });

  it("counts the values of a long list that it leaves out", () => {
    const { container } = render(<FacetTree value={numbered(43)} />);
    expect(container.textContent).toMatch(/38, 39 and 3 more$/);
  });
});
