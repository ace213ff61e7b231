// @vitest-environment node
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { get, post, remove } from "./request";

const FRONTEND = fileURLToPath(new URL("../../..", import.meta.url));

it("fills in path parameters, whatever they contain", () => {
  expect(get("/models/{model}/metrics", { params: { model: "a/b ?" }, query: { metric: "f1" } })).toEqual({
    path: "/models/a%2Fb%20%3F/metrics",
    method: "GET",
    query: { metric: "f1" },
    body: undefined,
  });
  expect(post("/alerts/rules", { body: { name: "x" } })).toMatchObject({ path: "/alerts/rules", method: "POST", body: { name: "x" } });
  expect(remove("/alerts/rules/{rule_id}", { params: { rule_id: "r" } })).toMatchObject({ path: "/alerts/rules/r", method: "DELETE" });
});

/** One mistake per file, each in a place where the dashboard really sends a request. */
const MISTAKES = [
  { what: "a misspelt path", file: "src/features/lineage/api.ts", from: 'get("/graph/scene"', to: 'get("/graph/scenes"' },
  { what: "a path's misspelt end", file: "src/features/models/api.ts", from: '"/models/{model}/metrics"', to: '"/models/{model}/metric"' },
  { what: "a method that the path does not take", file: "src/features/account/api.ts", from: 'post("/auth/logout")', to: 'get("/auth/logout")' },
  { what: "a misspelt parameter", file: "src/features/catalog/api.ts", from: "query: { state, limit: PAGE", to: "query: { stat: state, limit: PAGE" },
  { what: "a missing part of the path", file: "src/features/alerts/api.ts", from: "{ params: { rule_id: id } }", to: "{ params: { rules: id } }" },
  { what: "a request made by hand", file: "src/features/predictions/api.ts", from: 'get("/predictions", {', to: '({ path: "/predictions", method: "GET",' },
  { what: "a misspelt permission", file: "src/features/alerts/routes/AlertsPage.tsx", from: 'useMay("alerts:write")', to: 'useMay("alerts:writes")' },
] as const;

describe("a copy of the dashboard with mistakes in it", () => {
  const folder = mkdtempSync(join(tmpdir(), "headwater-types-"));
  const copy = join(folder, "frontend");
  let errors = "";

  beforeAll(() => {
    cpSync(join(FRONTEND, "src"), join(copy, "src"), { recursive: true });
    cpSync(join(FRONTEND, "tsconfig.app.json"), join(copy, "tsconfig.app.json"));
    symlinkSync(join(FRONTEND, "node_modules"), join(copy, "node_modules"));
    symlinkSync(join(FRONTEND, "..", "libs"), join(folder, "libs"));
    for (const { file, from, to } of MISTAKES) {
      const text = readFileSync(join(copy, file), "utf8");
      expect(text).toContain(from);
      writeFileSync(join(copy, file), text.replace(from, to));
    }
    const tsc = join(FRONTEND, "node_modules/typescript/bin/tsc");
    errors = spawnSync(process.execPath, [tsc, "-p", "tsconfig.app.json", "--pretty", "false", "--incremental", "false", "--tsBuildInfoFile", "null"], { cwd: copy, encoding: "utf8" }).stdout;
  }, 180_000);
  afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

  it.each(MISTAKES)("does not compile: $what", ({ file }) => {
    expect(errors).toMatch(new RegExp(`^${file.replaceAll(".", "\\.")}\\(\\d+,\\d+\\): error TS`, "m"));
  });

  it("has no other mistakes", () => {
    const files = errors.split("\n").flatMap((line) => /^(src\/[^(]+)\(/.exec(line)?.[1] ?? []);
    expect([...new Set(files)].sort()).toEqual(MISTAKES.map(({ file }) => file).sort());
  });
});
