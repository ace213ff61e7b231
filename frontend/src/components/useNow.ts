import { useEffect, useState } from "react";

const EVERY = 10_000;

/** The present moment, renewed every ten seconds while it is shown. */
export function useNow(active = true): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!active) return undefined;
    const timer = setInterval(() => { setNow(Date.now()); }, EVERY);
    return () => { clearInterval(timer); };
  }, [active]);
  return now;
}
