import { useEffect, useRef, useState } from "react";
import type { Point, Positions } from "./layout";

const MILLISECONDS = 240;
/** Larger drawings are not animated: moving hundreds of cards would drop frames. */
const LIMIT = 300;

function mix(from: Point | undefined, to: Point, share: number): Point {
  if (!from) return to;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

/** Animated positions. New cards appear in place; existing ones move smoothly, unless the user prefers reduced motion. */
export function useAnimated(target: Positions): Positions {
  const [shown, setShown] = useState(target);
  const current = useRef(target);

  useEffect(() => {
    const from = current.current;
    const moves = [...target].some(([id, p]) => {
      const old = from.get(id);
      return old !== undefined && (old.x !== p.x || old.y !== p.y);
    });
    const still = !moves || target.size > LIMIT || window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const start = performance.now();
    let frame = 0;
    const step = (now: number) => {
      const time = still ? 1 : Math.min(1, Math.max(0, (now - start) / MILLISECONDS));
      const eased = 1 - (1 - time) ** 3;
      current.current = time === 1 ? target : new Map(Array.from(target, ([id, p]) => [id, mix(from.get(id), p, eased)]));
      setShown(current.current);
      if (time < 1) frame = requestAnimationFrame(step);
    };
    step(start);
    return () => { cancelAnimationFrame(frame); };
  }, [target]);

  return shown;
}
