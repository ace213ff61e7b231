import { combineReducers, configureStore } from "@reduxjs/toolkit";
import { setupListeners } from "@reduxjs/toolkit/query/react";
import { api } from "@/lib/api/client";
import { sessionSlice } from "@/lib/api/session";
import { liveSlice } from "@/lib/live/liveSlice";

const rootReducer = combineReducers({
  [api.reducerPath]: api.reducer,
  [sessionSlice.reducerPath]: sessionSlice.reducer,
  [liveSlice.reducerPath]: liveSlice.reducer,
});

export type RootState = ReturnType<typeof rootReducer>;

export function createStore(preloaded?: Partial<RootState>) {
  const store = configureStore({
    reducer: rootReducer,
    preloadedState: preloaded,
    // Responses of the API are plain JSON: checking megabytes of them in development only costs time.
    middleware: (standard) => standard({ serializableCheck: false, immutableCheck: false }).concat(api.middleware),
    devTools: import.meta.env.DEV,
  });
  setupListeners(store.dispatch);
  return store;
}

export type AppStore = ReturnType<typeof createStore>;
