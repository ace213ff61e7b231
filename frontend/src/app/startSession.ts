import { api, isOpen, refreshToken } from "@/lib/api/client";
import { isRefusal } from "@/lib/api/problem";
import { checking, failed, openAccess, selectSession, signedIn, signedOut } from "@/lib/api/session";
import type { AppStore } from "./store";

/** Finds out who is signed in: with the refresh cookie, or without a token if the server allows open reads. */
export async function startSession(store: AppStore): Promise<void> {
  store.dispatch(checking());
  const fresh = await refreshToken();
  if (!fresh.error) store.dispatch(signedIn(fresh.data));
  else if (!isRefusal(fresh.error)) store.dispatch(failed(fresh.error));
  else store.dispatch((await isOpen()) ? openAccess() : signedOut({ expired: false }));
}

/** Clears the cache when the user changes, so that nobody sees another user's data. */
export function forgetOnSignOut(store: AppStore): () => void {
  let before = selectSession(store.getState()).state;
  return store.subscribe(() => {
    const { state } = selectSession(store.getState());
    const left = state === "out" && before !== "out";
    const entered = state === "in" && before === "out";
    before = state;
    if (left || entered) store.dispatch(api.util.resetApiState());
  });
}
