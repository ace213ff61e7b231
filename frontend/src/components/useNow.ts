import { useEffect, useState } from "react";

const EVERY = 10_000;

/** The current time, updated every ten seconds while in use. */
export function useNow(active = true): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!active) return undefined;
    const timer = setInterval(() => { setNow(Date.now()); }, EVERY);
    return () => { clearInterval(timer); };
  }, [active]);
  return now;
}
