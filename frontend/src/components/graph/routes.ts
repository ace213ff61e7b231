import { routeKey } from "./dot";
import type { Drawing, Point, Positions } from "./layout";

/**
 * Graphviz' route between two cards, moved along with them. Null if there is none, or if the relative position of the
 * cards has changed: then a plain curve is drawn.
 */
export function routePath({ positions: laid, routes }: Drawing, now: Positions, from: string, to: string): string | null {
  const points = routes.get(routeKey(from, to));
  const moves = [from, to].map((id) => move(laid.get(id), now.get(id)));
  const [a, b] = moves;
  if (!points || points.length < 4 || !a || !b || Math.abs(a.x - b.x) > 1 || Math.abs(a.y - b.y) > 1) return null;
  const [start, ...rest] = points.map((p) => `${String(Math.round(p.x + a.x))},${String(Math.round(p.y + a.y))}`);
  return `M${start ?? ""}C${rest.join(" ")}`;
}

function move(before: Point | undefined, after: Point | undefined): Point | null {
  return before && after ? { x: after.x - before.x, y: after.y - before.y } : null;
}
