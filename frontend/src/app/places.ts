import type { ComponentType } from "react";
import { IconBell, IconBrandStackshare, IconCube, IconHome, IconList, IconTarget } from "@/components/icons";

export interface Place {
  /** Relative to the dashboard's URL; undefined for the home page. */
  path?: string;
  /** The page; its code is fetched when it is first opened. */
  page: () => Promise<ComponentType>;
  /** Its entry in the navigation; a page without one is reached from other pages. */
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
