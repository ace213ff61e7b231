import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import type { ReactNode } from "react";
import { Provider } from "react-redux";
import type { AppStore } from "./store";
import { theme } from "./theme";

const colorScheme = localStorageColorSchemeManager({ key: "headwater-color-scheme" });

/** The providers around the pages. Mantine writes no style tags: its variables are a file of the build. */
export function Providers({ store, children }: { store: AppStore; children: ReactNode }) {
  return (
    <Provider store={store}>
      <MantineProvider theme={theme} defaultColorScheme="auto" colorSchemeManager={colorScheme} withCssVariables={false} withGlobalClasses={false}>
        {children}
      </MantineProvider>
    </Provider>
  );
}
