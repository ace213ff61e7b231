import { Graphviz } from "@hpcc-js/wasm-graphviz";

export interface DotQuestion {
  id: number;
  dot: string;
}

export interface DotAnswer {
  /** The id of the request; 0 means that Graphviz is loaded. */
  id: number;
  /** Null if Graphviz failed on this graph. */
  plain: string | null;
}

const say = (answer: DotAnswer) => { self.postMessage(answer); };

const ready = Graphviz.load().then((graphviz) => {
  say({ id: 0, plain: null });
  return graphviz;
});

self.onmessage = async ({ data }: MessageEvent<DotQuestion>) => {
  const graphviz = await ready;
  let plain: string | null = null;
  try {
    plain = graphviz.layout(data.dot, "plain", "dot");
  } finally {
    say({ id: data.id, plain });
  }
};
