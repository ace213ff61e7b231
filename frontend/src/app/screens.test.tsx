import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { describe, expect, it, vi } from "vitest";
import { page, problem } from "@/testing/handlers";
import { expectAccessible, playStory, visit } from "@/testing/render";
import { run } from "@/testing/story/build";
import { features, model, runs } from "@/testing/story/graph";

// jsdom gives every element the size zero, so dropdowns treat their field as scrolled out of view: their options count as hidden.

// jsdom has no canvas; the text alternative of the chart is tested instead.
vi.mock("@/features/models/components/Plot", () => ({ Plot: ({ label }: { label: string }) => <div role="img" aria-label={label} /> }));

const server = playStory();

/** The live stream has its own tests; here it never opens. */
const quiet = () => { server.use(http.get("*/api/v1/stream", () => problem(503, "Not available now"))); };

describe("the sign-in page", () => {
  it("signs in and goes to the requested page", async () => {
    quiet();
    const { address } = visit("/alerts?state=firing", "out");
    await userEvent.type(await screen.findByLabelText(/User name/), "admin");
    await userEvent.type(screen.getByLabelText(/^Password/), "right");
    await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
    expect(await screen.findByRole("heading", { name: "Alerts" })).toBeTruthy();
    expect(address()).toBe("/alerts?state=firing");
  });

  it("does not reveal whether the name or the password is wrong, and keeps the input", async () => {
    visit("/login", "out");
    await userEvent.type(await screen.findByLabelText(/User name/), "admin");
    await userEvent.type(screen.getByLabelText(/^Password/), "wrong");
    await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
    expect((await screen.findByTestId("login-error")).textContent).toBe("The user name or the password is wrong.");
    expect((screen.getByLabelText(/User name/) as HTMLInputElement).value).toBe("admin");
    await expectAccessible();
  });
});

describe("the home page", () => {
  it("shows counts, the failing job, the model and the firing alert", async () => {
    quiet();
    visit("/");
    const failing = await screen.findByRole("region", { name: "Failing jobs" });
    expect(await within(failing).findByText("normalise_billing_invoices")).toBeTruthy();
    expect(within(failing).queryByText("load_crm_customers")).toBeNull();
    expect(await within(screen.getByRole("region", { name: "Firing alerts" })).findByText(/churn v3/)).toBeTruthy();
    expect(screen.getByTestId("counts").textContent).toContain("412");
    await expectAccessible();
  });

  it("shows a failing job no matter how many other runs have ended since", async () => {
    quiet();
    const good = Array.from({ length: 100 }, (_, i) => run(features, i, "COMPLETE", i, 1));
    server.use(http.get("*/api/v1/runs", () => HttpResponse.json(page(good))));
    visit("/");
    const failing = await screen.findByRole("region", { name: "Failing jobs" });
    expect(await within(failing).findByText("normalise_billing_invoices")).toBeTruthy();
  });

  it("makes no statement about what it did not query", async () => {
    quiet();
    const none = () => HttpResponse.json(page([]));
    server.use(http.get("*/api/v1/runs", none), http.get("*/api/v1/graph/search", none), http.get("*/api/v1/alerts", none), http.get("*/api/v1/alerts/rules", none));
    visit("/");
    const failing = await screen.findByRole("region", { name: "Failing jobs" });
    expect(await within(failing).findByText("No job has run yet")).toBeTruthy();
    expect(await screen.findByText("No alert rule exists")).toBeTruthy();
    expect(screen.queryByText(/No job is failing|No alert is firing/)).toBeNull();
  });

  it("links each count to its list", async () => {
    quiet();
    const { address } = visit("/");
    await userEvent.click(await screen.findByRole("link", { name: "4 Jobs" }));
    await waitFor(() => { expect(address()).toBe("/catalog?kind=ETLProcess"); });
    expect(await within(await screen.findByTestId("catalog-list")).findAllByRole("link")).toHaveLength(4);
    expect(screen.getByRole("region", { name: "Jobs" }).textContent).toContain("4 in total");
  });

  it("shows how to send the first event on a fresh installation", async () => {
    quiet();
    server.use(http.get("*/api/v1/stats", () => HttpResponse.json({ nodes: {}, edges: {}, change: 0 })));
    visit("/");
    expect((await screen.findByTestId("first-event")).textContent).toContain("headwater env");
  });

  it("shows the error with its request id, and retries", async () => {
    quiet();
    server.use(http.get("*/api/v1/alerts", () => problem(500, "Internal error"), { once: true }));
    visit("/");
    const error = await screen.findByTestId("error-state");
    expect(error.textContent).toContain("req-test-1");
    await userEvent.click(within(error).getByRole("button", { name: "Try again" }));
    expect(await screen.findByText(/churn v3/)).toBeTruthy();
  });
});

describe("a page whose request fails", () => {
  it("shows an error with a Retry button instead of an endless skeleton", async () => {
    quiet();
    server.use(http.get("*/api/v1/models", () => new HttpResponse("<!doctype html>", { headers: { "Content-Type": "text/html" } }), { once: true }));
    visit("/models");
    const error = await screen.findByTestId("error-state");
    expect(error.textContent).toContain("The response cannot be read");
    expect(screen.queryByTestId("loading-state")).toBeNull();
    await userEvent.click(within(error).getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("link", { name: "churn" })).toBeTruthy();
  });

  it("enables Retry once the server's Retry-After has passed", async () => {
    quiet();
    server.use(http.get("*/api/v1/models", () => HttpResponse.json({ title: "Busy", status: 503 }, { status: 503, headers: { "Retry-After": "40" } })));
    visit("/models");
    const button = await screen.findByRole("button", { name: /^Try again in (40|39) s$/ });
    expect(button).toHaveProperty("disabled", true);
  });

  it("shows no raw JavaScript message when the response has another shape", async () => {
    quiet();
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    server.use(http.get("*/api/v1/models", () => HttpResponse.json({ rows: [] })));
    visit("/models");
    expect(await screen.findByText("This page cannot be shown")).toBeTruthy();
    expect(document.body.textContent).not.toMatch(/undefined|is not a function|Cannot read/);
  });

  it("shows on the page and in the badge that the device is offline", async () => {
    quiet();
    visit("/models");
    await screen.findByRole("link", { name: "churn" });
    const online = vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    act(() => { window.dispatchEvent(new Event("offline")); });
    expect(screen.getByTestId("live-badge").textContent).toBe("Offline");
    expect(screen.getByText(/You are offline/)).toBeTruthy();
    await expectAccessible();
    online.mockReturnValue(true);
    act(() => { window.dispatchEvent(new Event("online")); });
    expect(screen.queryByText(/You are offline/)).toBeNull();
  });
});

describe("the catalogue", () => {
  it("lists the jobs whose latest run failed", async () => {
    quiet();
    visit("/catalog?kind=ETLProcess&status=FAIL");
    const list = await screen.findByTestId("catalog-list");
    expect(within(list).getAllByRole("link").map((link) => link.textContent)).toEqual(["normalise_billing_invoices"]);
    await expectAccessible();
  });

  it("continues where a page ended, and shows until the end that it is incomplete", async () => {
    quiet();
    server.use(
      http.get("*/api/v1/runs", ({ request }) => {
        const next = new URL(request.url).searchParams.get("cursor");
        return HttpResponse.json({ items: next ? runs.slice(2) : runs.slice(0, 2), next_cursor: next ? null : "c" });
      }),
    );
    visit("/catalog?kind=Run");
    const region = await screen.findByRole("region", { name: "Runs" });
    expect(await within(region).findByText("the first 2")).toBeTruthy();
    await userEvent.click(within(region).getByRole("button", { name: "Show more" }));
    expect(await within(region).findByText(`${String(runs.length)} in total`)).toBeTruthy();
  });

  it("reports when a filter matches nothing", async () => {
    quiet();
    visit("/catalog?kind=MLModel&status=pending&q=x");
    expect(await screen.findByText("No models match")).toBeTruthy();
  });
});

describe("the lineage page", () => {
  it("counts every click, even one before the previous click is rendered", async () => {
    quiet();
    const { address } = visit(`/lineage?focus=${features.id}`);
    const more = await screen.findByRole("button", { name: "More hops downstream" });
    act(() => {
      more.click();
      more.click();
      screen.getByRole("button", { name: "Fewer hops upstream" }).click();
    });
    await waitFor(() => { expect(address()).toBe(`/lineage?focus=${features.id}&down=4&up=1`); });
  });

  it("finds a node by part of its name and focuses it, keeping hops", async () => {
    quiet();
    const { address } = visit("/lineage?up=3");
    await userEvent.type(await screen.findByRole("combobox", { name: "Search the graph" }), "churn_fea");
    await userEvent.click(await screen.findByRole("option", { name: /^features\.customer_churn_features/, hidden: true }));
    await waitFor(() => { expect(address()).toBe(`/lineage?up=3&focus=${features.id}&node=${features.id}`); });
    expect(await screen.findByRole("heading", { level: 1, name: "features.customer_churn_features (analytics.features.customer_churn_features)" })).toBeTruthy();
    const panel = await screen.findByTestId("node-panel");
    expect(await within(panel).findByText("team:data-platform")).toBeTruthy();
  });

  it("shows the scene as a table whose rows open details", async () => {
    quiet();
    const { address } = visit(`/lineage?focus=${features.id}&view=table`);
    const table = await screen.findByTestId("scene-table");
    await userEvent.click(within(table).getByRole("button", { name: "normalise_billing_invoices" }));
    const panel = await screen.findByTestId("node-panel");
    expect(await within(panel).findByText('column "amount" does not exist')).toBeTruthy();
    expect(address()).toContain("&node=");
    expect(screen.getByTestId("scene-notes").textContent).toContain("nodes hidden, metrics of versions");
    await userEvent.click(screen.getByRole("switch", { name: "Metrics" }));
    expect(screen.getByTestId("scene-notes").textContent).toContain("17 nodes, 17 edges");
    expect(address()).toContain("metrics=shown");
    await expectAccessible();
  });

  it("changes the hops, and stores them in the URL", async () => {
    quiet();
    const { address } = visit(`/lineage?focus=${features.id}&view=table`);
    await userEvent.click(await screen.findByRole("button", { name: "More hops upstream" }));
    expect(address()).toContain("up=3");
  });

  it("reports an unknown node, with the request id", async () => {
    quiet();
    visit("/lineage?focus=unknown");
    expect((await screen.findByTestId("error-state")).textContent).toContain("It does not exist");
  });
});

describe("the model page", () => {
  it("shows the metric of the rule with its threshold, the latest values and the firing alert", async () => {
    quiet();
    visit(`/models/${model.id}`);
    const chart = await screen.findByTestId("metric-chart");
    expect(chart.getAttribute("data-metric")).toBe("accuracy");
    expect(chart.getAttribute("data-thresholds")).toBe("0.8");
    expect(within(chart).getByTestId("threshold").textContent).toBe("Churn accuracy: below 0.800");
    expect((await screen.findByTestId("model-alert")).textContent).toContain("Accuracy is 0.741");
    const latest = screen.getByRole("table", { name: "Latest values by version" });
    expect(within(latest).getByText("Breached")).toBeTruthy();
    await expectAccessible();
  });
});

describe("the prediction page", () => {
  it("shows the prediction, its labels, and the data behind it", async () => {
    quiet();
    visit(`/predictions?model=${model.id}&id=cust-004211&view=table`);
    expect((await screen.findByTestId("verdict")).textContent).toBe("leaves");
    expect(screen.getByText("Not as predicted")).toBeTruthy();
    expect(screen.getByTestId("scene-table").textContent).toContain("customers_clean");
    await expectAccessible();
  });

  it("looks up by model and id", async () => {
    quiet();
    const { address } = visit("/predictions");
    await userEvent.type(await screen.findByLabelText("Prediction id"), "nobody");
    await waitFor(() => { expect(screen.getByRole("button", { name: "Look up" })).toHaveProperty("disabled", false); });
    await userEvent.click(screen.getByRole("button", { name: "Look up" }));
    expect(await screen.findByText("No prediction has the id “nobody”")).toBeTruthy();
    expect(address()).toContain("id=nobody");
  });
});

describe("the alerts page", () => {
  it("puts the firing alert first and filters by state", async () => {
    quiet();
    const { address } = visit("/alerts");
    const alerts = await screen.findAllByTestId("alert");
    expect(alerts.map((alert) => alert.getAttribute("data-state"))).toEqual(["firing", "resolved"]);
    await userEvent.click(screen.getByRole("radio", { name: "Resolved" }));
    await waitFor(() => { expect(screen.getAllByTestId("alert")).toHaveLength(1); });
    expect(address()).toBe("/alerts?state=resolved");
    await expectAccessible();
  });

  it("creates a rule once all fields are valid, and removes it after confirmation", async () => {
    quiet();
    visit("/alerts");
    await userEvent.click(await screen.findByRole("button", { name: "New rule" }));
    const form = await screen.findByRole("dialog", { name: "New alert rule" });
    await userEvent.click(within(form).getByRole("button", { name: "Create rule" }));
    expect(within(form).getByText("Give the rule a name")).toBeTruthy();
    await userEvent.type(within(form).getByRole("textbox", { name: /Name/ }), "Precision floor");
    await userEvent.click(within(form).getByRole("combobox", { name: /Model/ }));
    await userEvent.click(await screen.findByRole("option", { name: "churn", hidden: true }));
    await userEvent.click(within(form).getByRole("combobox", { name: /Metric/ }));
    await userEvent.click(await screen.findByRole("option", { name: "Precision", hidden: true }));
    await userEvent.type(within(form).getByRole("textbox", { name: /Threshold/ }), "0.7");
    await userEvent.click(within(form).getByRole("button", { name: "Create rule" }));
    await userEvent.click(await screen.findByRole("button", { name: "Remove Precision floor" }));
    await userEvent.click(await screen.findByRole("button", { name: "Remove" }));
    await waitFor(() => { expect(screen.queryByRole("button", { name: "Remove Precision floor" })).toBeNull(); });
  });

  it("hides actions that the user has no permission for", async () => {
    quiet();
    server.use(http.get("*/api/v1/auth/me", () => HttpResponse.json({ subject: "u", username: "v", display_name: null, roles: ["viewer"], permissions: ["alerts:read"] })));
    visit("/alerts");
    await screen.findByText("Churn recall");
    expect(screen.queryByRole("button", { name: "New rule" })).toBeNull();
  });

  it("reports when there are no alerts", async () => {
    quiet();
    server.use(http.get("*/api/v1/alerts", () => HttpResponse.json(page([]))));
    visit("/alerts?state=pending");
    expect(await screen.findByText("No pending alerts")).toBeTruthy();
  });
});
