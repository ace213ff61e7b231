import { BaseEdge, getBezierPath, type EdgeProps } from "@xyflow/react";

/** A line between two cards: Graphviz' route around the others if there is one, otherwise a plain curve. */
export function RouteEdge(props: EdgeProps) {
  const { data, markerEnd, style } = props;
  const given = data?.["path"];
  const path = typeof given === "string" ? given : getBezierPath(props)[0];
  return <BaseEdge path={path} markerEnd={markerEnd} style={style} />;
}
