import { CARD, GAP, type LayoutGraph, type Point, type Positions } from "./layout";

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
    ...nodes.map((_, i) => String(i)),
    ...new Set(lines),
    "}",
  ].join("\n");
}

/** Reads Graphviz' `plain` answer; null when a node is missing, so that a broken answer is never drawn. */
export function fromPlain(plain: string, nodes: readonly string[]): Positions | null {
  const positions = new Map<string, Point>();
  for (const line of plain.split("\n")) {
    const [word, number, x, y] = line.split(" ");
    const id = word === "node" ? nodes[Number(number)] : undefined;
    // Graphviz gives centres, and its heights grow upwards.
    if (id !== undefined) {
      positions.set(id, {
        x: Math.round(Number(x) * INCH - CARD.width / 2),
        y: Math.round(-Number(y) * INCH - CARD.height / 2),
      });
    }
  }
  const whole = nodes.every((id) => Number.isFinite(positions.get(id)?.x) && Number.isFinite(positions.get(id)?.y));
  return whole ? positions : null;
}
