import { CARD, GAP, type Drawing, type LayoutGraph, type Point } from "./layout";

/** Graphviz measures in inches of 72 points; one point is one pixel here. */
const INCH = 72;

/** The graph in the DOT language. Nodes are numbered, so no name can break the text. */
export function toDot({ nodes, edges }: LayoutGraph): string {
  const number = new Map(nodes.map((id, i) => [id, i]));
  const lines = edges.flatMap(([from, to]) => {
    const [a, b] = [number.get(from), number.get(to)];
    return a === undefined || b === undefined || a === b ? [] : [`${String(a)}->${String(b)}`];
  });
  return [
    "digraph{rankdir=LR",
    `nodesep=${String(GAP.row / INCH)};ranksep=${String(GAP.column / INCH)}`,
    `node[shape=box,fixedsize=true,label="",width=${String(CARD.width / INCH)},height=${String(CARD.height / INCH)}]`,
    "edge[arrowhead=none,tailport=e,headport=w]",
    ...nodes.map((_, i) => String(i)),
    ...new Set(lines),
    "}",
  ].join("\n");
}

/** The y axis of Graphviz points up, that of the screen down. */
function pointAt(x: string | undefined, y: string | undefined): Point {
  return { x: Math.round(Number(x) * INCH), y: Math.round(-Number(y) * INCH) };
}

/** Parses Graphviz' `plain` output; null if a node is missing, so that broken output is never drawn. */
export function fromPlain(plain: string, nodes: readonly string[]): Drawing | null {
  const positions = new Map<string, Point>();
  const routes = new Map<string, Point[]>();
  for (const line of plain.split("\n")) {
    const [word, ...rest] = line.split(" ");
    if (word === "node") {
      const centre = pointAt(rest[1], rest[2]);
      const id = nodes[Number(rest[0])];
      if (id !== undefined) positions.set(id, { x: centre.x - CARD.width / 2, y: centre.y - CARD.height / 2 });
    } else if (word === "edge") {
      const [from, to] = [nodes[Number(rest[0])], nodes[Number(rest[1])]];
      const points = Array.from({ length: Number(rest[2]) }, (_, i) => pointAt(rest[3 + 2 * i], rest[4 + 2 * i]));
      if (from !== undefined && to !== undefined) routes.set(routeKey(from, to), points);
    }
  }
  const whole = nodes.every((id) => Number.isFinite(positions.get(id)?.x) && Number.isFinite(positions.get(id)?.y));
  return whole ? { positions, routes } : null;
}

export function routeKey(from: string, to: string): string {
  return `${from}|${to}`;
}
