import { fromPlain, toDot } from "./dot";
import type { DotAnswer, DotQuestion } from "./dot.worker";
import type { Drawing, LayoutGraph } from "./layout";

/** With more nodes our own layered layout is kept: Graphviz would take seconds. */
export const DOT_LIMIT = 2000;
/** For one layout, once Graphviz is loaded; loading it takes a tenth of a second, more on a slow connection. */
const DEADLINE = 2000;
const LOADING = 15_000;

interface Engine {
  worker: Worker;
  loaded: boolean;
}

let engine: Engine | null = null;
let asked = 0;

function running(): Engine | null {
  if (typeof Worker === "undefined") return null;
  if (!engine) {
    const made: Engine = { worker: new Worker(new URL("./dot.worker.ts", import.meta.url), { type: "module", name: "layout" }), loaded: false };
    made.worker.addEventListener("message", () => { made.loaded = true; }, { once: true });
    engine = made;
  }
  return engine;
}

/** Starts the worker before it is needed. */
export function warmLayout(): void {
  running();
}

/** Graphviz' layout, computed in a worker; null if it is not ready in time, in which case the caller keeps its own. */
export function dotLayout(graph: LayoutGraph): Promise<Drawing | null> {
  const used = graph.nodes.length > DOT_LIMIT || graph.nodes.length < 2 ? null : running();
  if (!used) return Promise.resolve(null);
  const { worker } = used;
  const id = ++asked;
  return new Promise((resolve) => {
    const finish = (drawing: Drawing | null, broken: boolean) => {
      clearTimeout(timer);
      worker.removeEventListener("message", onMessage);
      worker.removeEventListener("error", onError);
      // Do not reuse a Graphviz instance that failed: the next layout starts a new one.
      if (broken && engine === used) {
        worker.terminate();
        engine = null;
      }
      resolve(drawing);
    };
    const giveUp = () => { finish(null, true); };
    const onError = giveUp;
    const onMessage = ({ data }: MessageEvent<DotAnswer>) => {
      if (data.id === id) finish(data.plain === null ? null : fromPlain(data.plain, graph.nodes), data.plain === null);
      if (data.id !== 0) return;
      clearTimeout(timer);
      timer = setTimeout(giveUp, DEADLINE);
    };
    let timer = setTimeout(giveUp, used.loaded ? DEADLINE : LOADING);
    worker.addEventListener("message", onMessage);
    worker.addEventListener("error", onError);
    worker.postMessage({ id, dot: toDot(graph) } satisfies DotQuestion);
  });
}
