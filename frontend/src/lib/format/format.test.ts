// @vitest-environment node
import { describe, expect, it } from "vitest";
import { metricValue, percent } from "./number";
import { words } from "./text";
import { ago, duration, fromLocalField, toLocalField, utcMoment } from "./time";

describe("times", () => {
  const now = Date.parse("2026-01-01T12:00:00Z");

  it("are shown relative to now", () => {
    expect(ago("2026-01-01T11:59:58Z", now)).toBe("just now");
    expect(ago("2026-01-01T11:57:00Z", now)).toMatch(/^3 min/);
    expect(ago(null, now)).toBe("–");
  });

  it("are shown in UTC to the second", () => {
    expect(utcMoment("2026-01-01T12:00:00.123456+02:00")).toBe("2026-01-01 10:00:00 UTC");
  });

  it("round-trip through a form field to the minute", () => {
    expect(fromLocalField(toLocalField("2026-03-29T01:30:00.000Z"))).toBe("2026-03-29T01:30:00.000Z");
    expect(fromLocalField("")).toBeNull();
  });

  it("measure how long something took", () => {
    expect(duration("2026-01-01T00:00:00Z", "2026-01-01T00:03:05Z")).toBe("3 min 5 s");
    expect(duration("2026-01-01T00:00:00Z", null)).toBe("–");
  });
});

it("formats numbers for display", () => {
  expect([0.7414, 12.345, 12345.6, null].map(metricValue)).toEqual(["0.741", "12.3", (12346).toLocaleString(), "–"]);
  expect([percent(1, 3), percent(0, 0)]).toEqual(["33 %", "–"]);
  expect(["eventTime", "job_type"].map(words)).toEqual(["Event time", "Job type"]);
});
