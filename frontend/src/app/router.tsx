import type { ComponentType } from "react";
import { createBrowserRouter, type RouteObject } from "react-router";
import { LoadingRows } from "@/components/states";
import { LoginPage } from "@/features/account/routes/LoginPage";
import { CrashPage, NotFoundPage } from "./DeadEnds";
import { inTime } from "./inTime";
import { RequireSession } from "./RequireSession";

/** A page whose code is fetched when it is first opened. */
const page = (load: () => Promise<ComponentType>) => async () => ({ Component: await inTime(load()) });

export const routes: RouteObject[] = [
  { path: "/login", element: <LoginPage />, errorElement: <CrashPage /> },
  {
    path: "/",
    element: <RequireSession />,
    errorElement: <CrashPage />,
    hydrateFallbackElement: <LoadingRows rows={5} label="Loading the page" />,
    children: [
      {
        errorElement: <CrashPage />,
        children: [
          { index: true, lazy: page(async () => (await import("@/features/lineage/routes/HomePage")).HomePage) },
          { path: "lineage", lazy: page(async () => (await import("@/features/lineage/routes/LineagePage")).LineagePage) },
          { path: "catalog", lazy: page(async () => (await import("@/features/catalog/routes/CatalogPage")).CatalogPage) },
          { path: "models", lazy: page(async () => (await import("@/features/models/routes/ModelsPage")).ModelsPage) },
          { path: "models/:id", lazy: page(async () => (await import("@/features/models/routes/ModelPage")).ModelPage) },
          { path: "predictions", lazy: page(async () => (await import("@/features/predictions/routes/PredictionPage")).PredictionPage) },
          { path: "alerts", lazy: page(async () => (await import("@/features/alerts/routes/AlertsPage")).AlertsPage) },
          { path: "*", element: <NotFoundPage /> },
        ],
      },
    ],
  },
];

export const createRouter = () => createBrowserRouter(routes);
