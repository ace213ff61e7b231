// @vitest-environment node
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { batcher } from "./batch";

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

it("delivers the first item soon, and a flood at most once in the longer time", () => {
  const seen: number[][] = [];
  const batch = batcher<number>((items) => { seen.push(items); }, 100, 1000);
  batch.add([1]);
  vi.advanceTimersByTime(100);
  expect(seen).toEqual([[1]]);
  for (let i = 2; i < 10; i++) {
    batch.add([i]);
    vi.advanceTimersByTime(100);
  }
  expect(seen).toHaveLength(1);
  vi.advanceTimersByTime(1000);
  expect(seen).toEqual([[1], [2, 3, 4, 5, 6, 7, 8, 9]]);
});

it("delivers nothing after it was stopped", () => {
  const deliver = vi.fn();
  const batch = batcher<number>(deliver, 100, 1000);
  batch.add([1]);
  batch.stop();
  vi.advanceTimersByTime(5000);
  expect(deliver).not.toHaveBeenCalled();
});
