import { adjacency, type Adjacency } from "./adjacency";
import { STEP, type LayoutGraph, type Point, type Positions } from "./layout";
import { ranks } from "./ranks";

const SWEEPS = 6;

/** The layout of the first frame and of large scenes: columns by longest path, order by barycentre, linear in time. */
export function layered(graph: LayoutGraph): Positions {
  const near = adjacency(graph);
  const columns = byColumn(graph.nodes, ranks(graph.nodes, near));
  for (let sweep = 0; sweep < SWEEPS; sweep++) order(columns, near, sweep % 2 === 0);
  return place(columns, near);
}

function byColumn(nodes: readonly string[], rank: ReadonlyMap<string, number>): string[][] {
  const columns: string[][] = [];
  for (const id of nodes) (columns[rank.get(id) ?? 0] ??= []).push(id);
  return Array.from(columns, (column) => column ?? []);
}

function mean(values: readonly number[]): number | null {
  return values.length > 0 ? values.reduce((sum, v) => sum + v, 0) / values.length : null;
}

function order(columns: string[][], near: Adjacency, rightward: boolean): void {
  const slot = new Map<string, number>();
  for (const column of columns) column.forEach((id, i) => slot.set(id, i / column.length));
  const walk = rightward ? columns : columns.toReversed();
  for (const column of walk) {
    const wish = new Map(
      column.map((id) => {
        const others = (rightward ? near.sources : near.targets).get(id) ?? [];
        return [id, mean(others.map((other) => slot.get(other) ?? 0)) ?? slot.get(id) ?? 0];
      }),
    );
    column.sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0));
    column.forEach((id, i) => slot.set(id, i / column.length));
  }
}

/** Vertical positions: nodes are level with their neighbours as far as the order and a full step between two allow. */
function place(columns: readonly string[][], near: Adjacency): Positions {
  const y = new Map<string, number>();
  for (const column of columns) column.forEach((id, i) => y.set(id, (i - (column.length - 1) / 2) * STEP.y));
  for (const [side, walk] of [[near.sources, columns], [near.targets, columns.toReversed()], [near.sources, columns]] as const) {
    for (const column of walk) {
      const wishes = column.map((id) => mean((side.get(id) ?? []).map((o) => y.get(o) ?? 0)) ?? y.get(id) ?? 0);
      spread(wishes).forEach((value, i) => y.set(column[i] ?? "", value));
    }
  }
  const positions = new Map<string, Point>();
  columns.forEach((column, rank) => {
    for (const id of column) positions.set(id, { x: rank * STEP.x, y: Math.round(y.get(id) ?? 0) });
  });
  return positions;
}

/** The positions nearest to the desired ones (least squares) in this order and a step apart, by pooling adjacent violators. */
export function spread(wishes: readonly number[]): number[] {
  const blocks: { sum: number; count: number }[] = [];
  wishes.forEach((wish, i) => {
    let block = { sum: wish - i * STEP.y, count: 1 };
    for (let last = blocks.at(-1); last && last.sum / last.count >= block.sum / block.count; last = blocks.at(-1)) {
      block = { sum: block.sum + last.sum, count: block.count + last.count };
      blocks.pop();
    }
    blocks.push(block);
  });
  return blocks.flatMap(({ sum, count }) => Array<number>(count).fill(sum / count)).map((base, i) => base + i * STEP.y);
}
