import { MarkerType, Position, type Edge as FlowEdge } from "@xyflow/react";
import type { Edge, Scene } from "@/lib/api/types";
import { relationWord } from "@/lib/kinds";
import { CARD, type Drawing, type Positions } from "./layout";
import type { CardNode } from "./NodeCard";
import { routePath } from "./routes";
import { displayName, related } from "./scene";

const HANDLES = [
  { type: "target" as const, position: Position.Left, x: 0, y: CARD.height / 2, width: 1, height: 1 },
  { type: "source" as const, position: Position.Right, x: CARD.width - 1, y: CARD.height / 2, width: 1, height: 1 },
];

export interface Flow {
  nodes: CardNode[];
  edges: FlowEdge[];
}

/** A scene as xyflow elements: cards of a preset size, and edges that fade if they are not part of the selection. */
export function toFlow(scene: Scene, positions: Positions, drawing: Drawing | null, selected: string | null): Flow {
  const lit = selected !== null && scene.nodes.some((n) => n.id === selected) ? related(scene, selected) : null;
  const names = new Map(scene.nodes.map((node) => [node.id, displayName(node)]));
  return {
    nodes: scene.nodes.flatMap((node): CardNode[] => {
      const position = positions.get(node.id);
      if (!position) return [];
      return [
        {
          id: node.id,
          type: "card",
          position,
          ...CARD,
          handles: HANDLES,
          ariaRole: "button",
          draggable: false,
          data: { node, focus: node.id === scene.focus, selected: node.id === selected, dimmed: lit !== null && !lit.has(node.id) },
        },
      ];
    }),
    edges: scene.edges.map((edge) => flowEdge(edge, names, lit, drawing && routePath(drawing, positions, edge.from, edge.to))),
  };
}

function flowEdge(edge: Edge, names: ReadonlyMap<string, string>, lit: ReadonlySet<string> | null, path: string | null): FlowEdge {
  const on = lit !== null && lit.has(edge.from) && lit.has(edge.to);
  const colour = on ? "var(--hw-accent)" : "var(--hw-edge)";
  return {
    id: `${edge.from}|${edge.type}|${edge.to}`,
    type: "route",
    data: { path },
    source: edge.from,
    target: edge.to,
    focusable: false,
    selectable: false,
    ariaLabel: `${names.get(edge.from) ?? ""} ${relationWord(edge.type)} ${names.get(edge.to) ?? ""}${edge.confirmed ? "" : ", unconfirmed"}`,
    markerEnd: { type: MarkerType.ArrowClosed, width: 14, height: 14, color: colour },
    style: {
      stroke: colour,
      strokeWidth: on ? 2 : 1.4,
      strokeDasharray: edge.confirmed ? undefined : "6 5",
      opacity: lit !== null && !on ? 0.35 : 1,
    },
  };
}
