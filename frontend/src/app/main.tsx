import "@mantine/core/styles.css";
import "./mantine-variables.css";
import "./tokens.css";
import "./mantine-overrides.css";
import "./global.css";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router/dom";
import { Providers } from "./Providers";
import { createRouter } from "./router";
import { forgetOnSignOut, startSession } from "./startSession";
import { createStore } from "./store";

const store = createStore();
forgetOnSignOut(store);
void startSession(store);

const place = document.getElementById("root");
if (!place) throw new Error("index.html has no #root");
createRoot(place).render(
  <Providers store={store}>
    <RouterProvider router={createRouter()} />
  </Providers>,
);
