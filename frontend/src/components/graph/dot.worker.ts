import { Graphviz } from "@hpcc-js/wasm-graphviz";

export interface DotQuestion {
  id: number;
  dot: string;
}

export interface DotAnswer {
  id: number;
  /** Null when Graphviz gave up on this graph. */
  plain: string | null;
}

const ready = Graphviz.load();

self.onmessage = async ({ data }: MessageEvent<DotQuestion>) => {
  const graphviz = await ready;
  let plain: string | null = null;
  try {
    plain = graphviz.layout(data.dot, "plain", "dot");
  } finally {
    self.postMessage({ id: data.id, plain } satisfies DotAnswer);
  }
};
