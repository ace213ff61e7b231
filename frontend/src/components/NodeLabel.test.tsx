import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { NodeLabel } from "./NodeLabel";

it("shows the short name, and the full name on hover and to assistive technology", () => {
  render(<a href="/"><NodeLabel label="public.orders" name="shop.public.orders" namespace="postgres://db" /></a>);
  const link = screen.getByRole("link", { name: "public.orders (shop.public.orders)" });
  expect(link.firstElementChild?.getAttribute("title")).toBe("postgres://db / shop.public.orders");
});

it("does not repeat a name that is already short", () => {
  render(<a href="/"><NodeLabel label="nightly.load" name="nightly.load" namespace="airflow" look="line" /></a>);
  expect(screen.getByRole("link").textContent).not.toContain("(");
  expect(screen.getByRole("link", { name: "nightly.load" })).toBeTruthy();
});
