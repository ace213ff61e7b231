import { Tooltip } from "@mantine/core";
import { useSelector } from "react-redux";
import { useOnline } from "@/components/useOnline";
import { selectLive, type LiveState } from "@/lib/live/liveSlice";
import classes from "./LiveBadge.module.css";

const TEXTS: Record<LiveState | "offline", { word: string; about: string }> = {
  live: { word: "Live", about: "Changes appear as they happen" },
  connecting: { word: "Connecting", about: "Opening the live stream" },
  polling: { word: "Every 15 s", about: "The live stream is down: the page refreshes every 15 seconds and reconnects when possible" },
  offline: { word: "Offline", about: "This device has no network connection" },
  off: { word: "Off", about: "Not connected" },
};

/** Whether the page is live, polling or offline. */
export function LiveBadge() {
  const live = useSelector(selectLive);
  const state = useOnline() ? live : "offline";
  const { word, about } = TEXTS[state];
  return (
    <Tooltip label={about}>
      <span className={classes.badge} data-testid="live-badge" data-live={state} role="status">
        <span className={classes.dot} aria-hidden="true" />
        {word}
      </span>
    </Tooltip>
  );
}
