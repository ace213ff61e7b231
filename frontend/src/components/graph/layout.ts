/** Types of the layout: a graph of ids, and the position of each card's top left corner. The data flows to the right. */
export interface LayoutGraph {
  nodes: readonly string[];
  edges: readonly (readonly [from: string, to: string])[];
}

export interface Point {
  x: number;
  y: number;
}

export type Positions = ReadonlyMap<string, Point>;

/** A complete layout: the positions of the cards, and Graphviz' routes around them (control points of Bézier curves). */
export interface Drawing {
  positions: Positions;
  routes: ReadonlyMap<string, readonly Point[]>;
}

/** Every card has this size, so that nothing has to be measured. */
export const CARD = { width: 244, height: 88 } as const;
export const GAP = { column: 72, row: 24 } as const;
export const STEP = { x: CARD.width + GAP.column, y: CARD.height + GAP.row } as const;

export interface Bounds {
  x: number;
  y: number;
  width: number;
  height: number;
}

export function bounds(positions: Positions): Bounds {
  if (positions.size === 0) return { x: 0, y: 0, width: 0, height: 0 };
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of positions.values()) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x + CARD.width);
    bottom = Math.max(bottom, y + CARD.height);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** Moves the whole drawing so that the anchor keeps its position; unchanged if either position is unknown. */
export function anchored(positions: Positions, before: Positions, anchor: string): Positions {
  const from = positions.get(anchor);
  const to = before.get(anchor);
  if (!from || !to) return positions;
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  return new Map(Array.from(positions, ([id, p]) => [id, { x: p.x + dx, y: p.y + dy }]));
}
