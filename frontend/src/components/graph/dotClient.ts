import { fromPlain, toDot } from "./dot";
import type { DotAnswer, DotQuestion } from "./dot.worker";
import type { LayoutGraph, Positions } from "./layout";

/** Beyond this many nodes the own layered layout stays: Graphviz would take seconds. */
export const DOT_LIMIT = 2000;
const DEADLINE = 2000;

let worker: Worker | null = null;
let asked = 0;

function running(): Worker | null {
  if (typeof Worker === "undefined") return null;
  worker ??= new Worker(new URL("./dot.worker.ts", import.meta.url), { type: "module", name: "layout" });
  return worker;
}

function recycle(): void {
  worker?.terminate();
  worker = null;
}

/** Starts the worker before it is needed: loading Graphviz takes about a tenth of a second. */
export function warmLayout(): void {
  running();
}

/** Graphviz' layout, made off the main thread; null when there is none in time, and the caller keeps what it has. */
export function dotLayout(graph: LayoutGraph): Promise<Positions | null> {
  const used = graph.nodes.length > DOT_LIMIT || graph.nodes.length < 2 ? null : running();
  if (!used) return Promise.resolve(null);
  const id = ++asked;
  return new Promise((resolve) => {
    const finish = (positions: Positions | null, broken: boolean) => {
      clearTimeout(timer);
      used.removeEventListener("message", onMessage);
      used.removeEventListener("error", onError);
      if (broken && worker === used) recycle();
      resolve(positions);
    };
    const onMessage = ({ data }: MessageEvent<DotAnswer>) => {
      if (data.id === id) finish(data.plain === null ? null : fromPlain(data.plain, graph.nodes), data.plain === null);
    };
    const onError = () => { finish(null, true); };
    const timer = setTimeout(() => { finish(null, true); }, DEADLINE);
    used.addEventListener("message", onMessage);
    used.addEventListener("error", onError);
    used.postMessage({ id, dot: toDot(graph) } satisfies DotQuestion);
  });
}
