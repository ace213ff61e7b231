import { api, isOpen, refreshToken } from "@/lib/api/client";
import { isRefusal } from "@/lib/api/problem";
import { checking, failed, openAccess, selectSession, signedIn, signedOut } from "@/lib/api/session";
import type { AppStore } from "./store";

/** Finds out who is signed in: by the refresh cookie, or without a token where the server lets everyone read. */
export async function startSession(store: AppStore): Promise<void> {
  store.dispatch(checking());
  const fresh = await refreshToken();
  if (!fresh.error) store.dispatch(signedIn(fresh.data));
  else if (!isRefusal(fresh.error)) store.dispatch(failed(fresh.error));
  else store.dispatch((await isOpen()) ? openAccess() : signedOut({ expired: false }));
}

/** Nothing that one person was shown stays in memory for the next. */
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
