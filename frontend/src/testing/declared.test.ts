import { describe, expect, it } from "vitest";
import { undeclared } from "./declared";

const asked = (path: string, method = "GET") => undeclared(method, new URL(`http://h/api/v1${path}`));

describe("undeclared parameters", () => {
  it("knows what each route declares", () => {
    expect(asked("/alerts?state=firing&limit=6")).toEqual([]);
    expect(asked("/graph/search?q=a&kind=DataSource&limit=1")).toEqual([]);
    expect(asked("/models/m/metrics?metric=f1&from=2026-01-01")).toEqual([]);
  });

  it("finds misspelt ones, and all of a route that takes none", () => {
    expect(asked("/alerts?stat=firing")).toEqual(["stat"]);
    expect(asked("/stats?limit=1")).toEqual(["limit"]);
    expect(asked("/alerts/rules?limit=1", "POST")).toEqual(["limit"]);
  });
});
