import { DEADLINE } from "@/lib/api/client";

/** The same promise, broken when it takes longer than a page waits for anything. */
export function inTime<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => { reject(new Error("no answer in time")); }, DEADLINE);
    void work.then(resolve, reject).finally(() => { clearTimeout(timer); });
  });
}
