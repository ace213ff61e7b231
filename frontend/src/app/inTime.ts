import { DEADLINE } from "@/lib/api/client";

/** The same promise, rejected if it takes longer than the deadline for any request of a page. */
export function inTime<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => { reject(new Error("no answer in time")); }, DEADLINE);
    void work.then(resolve, reject).finally(() => { clearTimeout(timer); });
  });
}
