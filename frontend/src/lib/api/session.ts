import { createSlice, type PayloadAction } from "@reduxjs/toolkit";
import type { Problem } from "./problem";

/** `checking`: the refresh cookie is being tried; `open`: the server answers reads without a token; `unknown`: it could
 * not say who is signed in. */
export type SessionState = "checking" | "in" | "open" | "out" | "unknown";

export interface Session {
  state: SessionState;
  /** Access token, kept in memory only. */
  token: string | null;
  /** True if the session expired: the login page then explains why it appears. */
  expired: boolean;
  /** Why the state is unknown. */
  problem?: Problem;
}

const initialState: Session = { state: "checking", token: null, expired: false };

const slice = createSlice({
  name: "session",
  initialState,
  reducers: {
    signedIn: (_, action: PayloadAction<string>): Session => ({ state: "in", token: action.payload, expired: false }),
    openAccess: (): Session => ({ state: "open", token: null, expired: false }),
    checking: (): Session => initialState,
    failed: (_, action: PayloadAction<Problem>): Session => ({ state: "unknown", token: null, expired: false, problem: action.payload }),
    signedOut: (session, action: PayloadAction<{ expired: boolean }>): Session => ({
      state: "out",
      token: null,
      expired: action.payload.expired && session.state === "in",
    }),
  },
  selectors: {
    selectSession: (session) => session,
    selectToken: (session) => session.token,
  },
});

export const { signedIn, openAccess, signedOut, checking, failed } = slice.actions;
export const { selectSession, selectToken } = slice.selectors;
export const sessionSlice = slice;
