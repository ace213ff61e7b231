import { useEffect } from "react";
import { useStore } from "react-redux";
import { api, refreshToken } from "@/lib/api/client";
import { selectSession, selectToken, signedIn } from "@/lib/api/session";
import { batcher } from "@/lib/live/batch";
import { liveChanged, liveEvents } from "@/lib/live/liveSlice";
import { openStream } from "@/lib/live/stream";
import { distinct, EVERYTHING, staleTags, type LiveTag } from "@/lib/live/tags";
import type { AppStore } from "./store";

const FIRST = 120;
const BUSY = 500;
const POLL = 15_000;

/** Follows the stream while someone is signed in; while it is down, refetches everything every 15 s. */
function follow(store: AppStore): () => void {
  const { dispatch, getState } = store;
  const stale = batcher<LiveTag>((tags) => { dispatch(api.util.invalidateTags(distinct(tags))); }, FIRST, BUSY);
  let poll: ReturnType<typeof setInterval> | null = null;
  const stopPolling = () => {
    if (poll) clearInterval(poll);
    poll = null;
  };
  dispatch(liveChanged("connecting"));
  const close = openStream({
    token: () => selectToken(getState()),
    renew: async () => {
      const fresh = await refreshToken();
      if (!fresh.error) dispatch(signedIn(fresh.data));
    },
    onOpen: () => {
      // Refetch once what may have changed while the stream was down.
      if (poll) stale.add(EVERYTHING);
      stopPolling();
      dispatch(liveChanged("live"));
    },
    onEvent: (event) => {
      dispatch(liveEvents(1));
      stale.add(staleTags(event));
    },
    onDown: () => {
      dispatch(liveChanged("polling"));
      poll ??= setInterval(() => { stale.add(EVERYTHING); }, POLL);
    },
  });
  return () => {
    close();
    stopPolling();
    stale.stop();
    dispatch(liveChanged("off"));
  };
}

/** Keeps the displayed data up to date. Renders nothing. */
export function LiveUpdates() {
  const store = useStore() as AppStore;
  useEffect(() => (selectSession(store.getState()).state === "out" ? undefined : follow(store)), [store]);
  return null;
}
