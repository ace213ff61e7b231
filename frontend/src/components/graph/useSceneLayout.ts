import { useEffect, useMemo, useRef, useState } from "react";
import type { Scene } from "@/lib/api/types";
import { dotLayout } from "./dotClient";
import { incremental } from "./incremental";
import { layered } from "./layered";
import { anchored, type Drawing, type Positions } from "./layout";
import { layoutGraph } from "./scene";

export interface SceneLayout {
  positions: Positions;
  /** Graphviz' last layout, even if moved since: its routes still fit cards that kept their relative positions. */
  drawing: Drawing | null;
  /** True once Graphviz has finished, or has failed. */
  settled: boolean;
  tidy: () => void;
}

interface Drawn {
  /** The view of the drawing; a scene with the same key is an update of the same view. */
  view: string;
  nodes: string;
  positions: Positions;
  drawing: Drawing | null;
  settled: boolean;
}

/**
 * Positions for a scene. A new view gets a new layout: immediately our own, then Graphviz', with the focus kept in
 * place. A live update of the same view only adds and removes nodes; existing ones keep their positions.
 */
export function useSceneLayout(scene: Scene, view: string): SceneLayout {
  const graph = useMemo(() => layoutGraph(scene), [scene]);
  const nodes = graph.nodes.join();
  const [drawn, setDrawn] = useState<Drawn>(() => ({ view, nodes, positions: layered(graph), drawing: null, settled: false }));
  const [wanted, setWanted] = useState(0);
  const done = useRef<string | null>(null);

  if (drawn.view !== view) {
    const positions = anchored(layered(graph), drawn.positions, scene.focus);
    setDrawn({ view, nodes, positions, drawing: null, settled: false });
  } else if (drawn.nodes !== nodes) {
    setDrawn({ ...drawn, nodes, positions: incremental(graph, drawn.positions) });
  }

  const job = `${view}#${String(wanted)}`;
  useEffect(() => {
    if (done.current === job) return undefined;
    let current = true;
    void dotLayout(graph).then((found) => {
      if (!current) return;
      done.current = job;
      setDrawn((old) => ({ ...old, positions: found ? anchored(found.positions, old.positions, scene.focus) : old.positions, drawing: found, settled: true }));
    });
    return () => {
      current = false;
    };
  }, [graph, job, scene.focus]);

  return { positions: drawn.positions, drawing: drawn.drawing, settled: drawn.settled, tidy: () => { setWanted((n) => n + 1); } };
}
