// @vitest-environment node
import { expect, it } from "vitest";
import { askedStatus, statusesOf } from "./model";

it("queries a status only if the kind has it", () => {
  expect(askedStatus({ kind: "ETLProcess", status: "FAIL" })).toBe("FAIL");
  expect(askedStatus({ kind: "Run", status: "any" })).toBeNull();
  expect(askedStatus({ kind: "MLModel", status: "FAIL" })).toBeNull();
  expect(askedStatus({ kind: "MLModel", status: "firing" })).toBe("firing");
  expect(statusesOf("DataSource")).toEqual([]);
});
