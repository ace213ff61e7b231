import { useEffect, useMemo, useRef, useState } from "react";
import type { Scene } from "@/lib/api/types";
import { dotLayout } from "./dotClient";
import { incremental } from "./incremental";
import { layered } from "./layered";
import { anchored, type Drawing, type Positions } from "./layout";
import { layoutGraph } from "./scene";

export interface SceneLayout {
  positions: Positions;
  /** Graphviz' last answer, wherever it has been moved since: its lines still fit cards that kept their distance. */
  drawing: Drawing | null;
  /** True once Graphviz has answered, or it is known that it will not. */
  settled: boolean;
  tidy: () => void;
}

interface Drawn {
  /** What the drawing was made for; a scene with the same key is an update of the same view. */
  view: string;
  nodes: string;
  positions: Positions;
  drawing: Drawing | null;
  settled: boolean;
}

/**
 * Positions for a scene. A new view gets a fresh layout: at once an own one, then Graphviz', with the focus held in
 * place. A live update of the same view only inserts and removes: whatever stands already stays where it is.
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
