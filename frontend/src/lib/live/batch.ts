export interface Batcher<T> {
  add: (items: readonly T[]) => void;
  stop: () => void;
}

/** Collects items and passes them on together: `firstMs` after an idle period, then at most once in `everyMs`. */
export function batcher<T>(deliver: (items: T[]) => void, firstMs: number, everyMs: number): Batcher<T> {
  let waiting: T[] = [];
  let timer: ReturnType<typeof setTimeout> | null = null;

  function flush() {
    const items = waiting;
    waiting = [];
    // An empty interval ends the busy period: the next item is passed on quickly again.
    timer = items.length > 0 ? setTimeout(flush, everyMs) : null;
    if (items.length > 0) deliver(items);
  }

  return {
    add(items) {
      waiting.push(...items);
      if (items.length > 0) timer ??= setTimeout(flush, firstMs);
    },
    stop() {
      if (timer) clearTimeout(timer);
      waiting = [];
      timer = null;
    },
  };
}
