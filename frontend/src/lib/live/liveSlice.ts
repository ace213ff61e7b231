import { createSlice, type PayloadAction } from "@reduxjs/toolkit";

/** `live`: events arrive as they happen; `polling`: the stream is down, everything is refetched every 15 s. */
export type LiveState = "connecting" | "live" | "polling" | "off";

const initialState: { state: LiveState; events: number } = { state: "off", events: 0 };

export const liveSlice = createSlice({
  name: "live",
  initialState,
  reducers: {
    liveChanged: (live, action: PayloadAction<LiveState>) => {
      live.state = action.payload;
    },
    liveEvents: (live, action: PayloadAction<number>) => {
      live.events += action.payload;
    },
  },
  selectors: {
    selectLive: (live) => live.state,
  },
});

export const { liveChanged, liveEvents } = liveSlice.actions;
export const { selectLive } = liveSlice.selectors;
