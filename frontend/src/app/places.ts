import type { ComponentType } from "react";
import { IconBell, IconBrandStackshare, IconCube, IconHome, IconList, IconTarget } from "@/components/icons";

export interface Place {
  /** Below the dashboard's address; the home page has none. */
  path?: string;
  /** The page, whose code is fetched when it is first opened. */
  page: () => Promise<ComponentType>;
  /** How the navigation shows it; a page without is reached from others. */
  shown?: { label: string; icon: typeof IconHome };
}

/** Every page behind the sign-in, in the order of the navigation. */
export const PLACES: Place[] = [
  { page: async () => (await import("@/features/lineage/routes/HomePage")).HomePage, shown: { label: "Home", icon: IconHome } },
  { path: "lineage", page: async () => (await import("@/features/lineage/routes/LineagePage")).LineagePage, shown: { label: "Lineage", icon: IconBrandStackshare } },
  { path: "catalog", page: async () => (await import("@/features/catalog/routes/CatalogPage")).CatalogPage, shown: { label: "Catalogue", icon: IconList } },
  { path: "models", page: async () => (await import("@/features/models/routes/ModelsPage")).ModelsPage, shown: { label: "Models", icon: IconCube } },
  { path: "models/:id", page: async () => (await import("@/features/models/routes/ModelPage")).ModelPage },
  { path: "predictions", page: async () => (await import("@/features/predictions/routes/PredictionPage")).PredictionPage, shown: { label: "Predictions", icon: IconTarget } },
  { path: "alerts", page: async () => (await import("@/features/alerts/routes/AlertsPage")).AlertsPage, shown: { label: "Alerts", icon: IconBell } },
];
