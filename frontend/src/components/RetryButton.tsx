import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import { IconRefresh } from "./icons";

interface Props {
  /** Awaited if it returns a promise. */
  retry: () => unknown;
  /** Seconds of the server's Retry-After. */
  wait: number | null;
}

/** Retries, enabled once the server's Retry-After has passed. */
export function RetryButton({ retry, wait }: Props) {
  const [until] = useState(() => Date.now() + 1000 * (wait ?? 0));
  const [now, setNow] = useState(() => Date.now());
  const [busy, setBusy] = useState(false);
  const left = Math.ceil((until - now) / 1000);
  useEffect(() => {
    if (left <= 0) return undefined;
    const timer = setInterval(() => { setNow(Date.now()); }, 250);
    return () => { clearInterval(timer); };
  }, [left]);
  const click = async () => {
    setBusy(true);
    try {
      await retry();
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button variant="default" loading={busy} disabled={left > 0} leftSection={<IconRefresh size={16} aria-hidden="true" />} onClick={() => void click()}>
      {left > 0 ? `Try again in ${String(left)} s` : "Try again"}
    </Button>
  );
}
