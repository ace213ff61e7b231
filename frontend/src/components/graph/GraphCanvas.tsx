import "@xyflow/react/dist/base.css";
import { Background, BackgroundVariant, MiniMap, ReactFlow, ReactFlowProvider } from "@xyflow/react";
import { useMemo, useRef, useState } from "react";
import type { Scene } from "@/lib/api/types";
import { remember, remembered } from "@/lib/preferences";
import { SMALLEST } from "./camera";
import { toFlow } from "./flow";
import classes from "./GraphCanvas.module.css";
import { GraphControls } from "./GraphControls";
import { GraphLegend } from "./GraphLegend";
import { NodeCard, type CardNode } from "./NodeCard";
import { RouteEdge } from "./RouteEdge";
import { useAnimated } from "./useAnimated";
import { useCamera } from "./useCamera";
import { useGraphKeys } from "./useGraphKeys";
import { useSceneLayout } from "./useSceneLayout";

const NODE_TYPES = { card: NodeCard };
const EDGE_TYPES = { route: RouteEdge };
const MAP_COLOURS: Record<string, string> = {
  MLModel: "var(--hw-accent)",
  ModelVersion: "var(--hw-accent)",
  Output: "var(--hw-accent-line)",
  EvaluationMetric: "var(--hw-accent-line)",
};

export interface GraphCanvasProps {
  scene: Scene;
  /** Identifies the query; scenes of one view are updates of each other and keep every card in place. */
  view: string;
  selected: string | null;
  /** `by`: the input device; a selection by keyboard also moves the keyboard focus. */
  onSelect: (id: string | null, by: "keyboard" | "pointer") => void;
  onRefocus?: (id: string) => void;
  label: string;
}

function Canvas({ scene, view, selected, onSelect, onRefocus, label }: GraphCanvasProps) {
  const root = useRef<HTMLDivElement>(null);
  const layout = useSceneLayout(scene, view);
  const shown = useAnimated(layout.positions);
  const atRest = layout.settled && shown === layout.positions;
  const flow = useMemo(() => toFlow(scene, shown, layout.drawing, selected), [scene, shown, layout.drawing, selected]);
  const place = `${scene.focus}@${scene.as_of ?? ""}`;
  const camera = useCamera({ root, positions: layout.positions, focus: scene.focus, selected, place, settled: layout.settled });
  const onKeyDown = useGraphKeys({ root, scene, positions: layout.positions, selected, camera, onSelect, onRefocus });
  const [map, setMap] = useState(() => remembered("map") !== "off");

  return (
    // The canvas listens for the keys that its focusable cards do not handle themselves.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <div ref={root} className={classes.canvas} onKeyDown={onKeyDown} data-testid="graph-canvas" data-settled={atRest}>
      <ReactFlow<CardNode>
        nodes={flow.nodes}
        edges={flow.edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        onNodeClick={(_, node) => { onSelect(node.id, "pointer"); }}
        onNodeDoubleClick={(_, node) => onRefocus?.(node.id)}
        onPaneClick={() => { onSelect(null, "pointer"); }}
        onMoveStart={(event) => { if (event) camera.taken(); }}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable
        edgesFocusable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        zoomOnDoubleClick={false}
        onlyRenderVisibleElements
        minZoom={SMALLEST}
        maxZoom={2}
        attributionPosition="top-right"
        aria-label={label}
      >
        <Background variant={BackgroundVariant.Dots} gap={24} size={1.2} color="var(--hw-line)" />
        {map && (
          <MiniMap<CardNode>
            className={classes.map}
            pannable
            zoomable
            ariaLabel="Map of the graph"
            nodeColor={(node) => MAP_COLOURS[node.data.node.kind] ?? "var(--hw-line-strong)"}
            nodeBorderRadius={16}
            maskColor="color-mix(in srgb, var(--hw-sunken) 70%, transparent)"
            bgColor="var(--hw-surface)"
          />
        )}
      </ReactFlow>
      <GraphControls
        camera={camera}
        onTidy={layout.tidy}
        map={map}
        onMap={() => {
          remember("map", map ? "off" : "on");
          setMap(!map);
        }}
      />
      {scene.edges.some((edge) => !edge.confirmed) && <GraphLegend />}
    </div>
  );
}

/** A scene as a picture: cards in columns, the data flowing to the right. */
export function GraphCanvas(props: GraphCanvasProps) {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}
