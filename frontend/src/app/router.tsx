import type { ComponentType } from "react";
import { createBrowserRouter, type RouteObject } from "react-router";
import { LoadingRows } from "@/components/states";
import { LoginPage } from "@/features/account/routes/LoginPage";
import { CrashPage, NotFoundPage } from "./DeadEnds";
import { inTime } from "./inTime";
import { PLACES } from "./places";
import { RequireSession } from "./RequireSession";

/** A page whose code is fetched when it is first opened. */
const lazily = (load: () => Promise<ComponentType>) => async () => ({ Component: await inTime(load()) });

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
          ...PLACES.map(({ path, page }) => (path === undefined ? { index: true as const, lazy: lazily(page) } : { path, lazy: lazily(page) })),
          { path: "*", element: <NotFoundPage /> },
        ],
      },
    ],
  },
];

export const createRouter = () => createBrowserRouter(routes);
