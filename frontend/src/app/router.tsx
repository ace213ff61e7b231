import { createBrowserRouter, type RouteObject } from "react-router";
import { LoadingRows } from "@/components/states";
import { LoginPage } from "@/features/account/routes/LoginPage";
import { CrashPage, NotFoundPage } from "./DeadEnds";
import { RequireSession } from "./RequireSession";

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
          { index: true, lazy: async () => ({ Component: (await import("@/features/lineage/routes/HomePage")).HomePage }) },
          { path: "lineage", lazy: async () => ({ Component: (await import("@/features/lineage/routes/LineagePage")).LineagePage }) },
          { path: "catalog", lazy: async () => ({ Component: (await import("@/features/catalog/routes/CatalogPage")).CatalogPage }) },
          { path: "models", lazy: async () => ({ Component: (await import("@/features/models/routes/ModelsPage")).ModelsPage }) },
          { path: "models/:id", lazy: async () => ({ Component: (await import("@/features/models/routes/ModelPage")).ModelPage }) },
          { path: "predictions", lazy: async () => ({ Component: (await import("@/features/predictions/routes/PredictionPage")).PredictionPage }) },
          { path: "alerts", lazy: async () => ({ Component: (await import("@/features/alerts/routes/AlertsPage")).AlertsPage }) },
          { path: "*", element: <NotFoundPage /> },
        ],
      },
    ],
  },
];

export const createRouter = () => createBrowserRouter(routes);
