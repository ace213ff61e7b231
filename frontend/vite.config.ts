import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const API = process.env["HEADWATER_URL"] ?? "http://127.0.0.1:8080";
const CHUNKS: [RegExp, string][] = [
  [/node_modules\/(react|react-dom|scheduler|react-router)\//, "react"],
  [/node_modules\/(@mantine|@floating-ui)\//, "mantine"],
  [/node_modules\/(echarts|zrender)\//, "charts"],
  [/node_modules\/(@xyflow|d3-[a-z]+|zustand)\//, "graph"],
];

/** `npm run dev:story`: the API is played from the tests' fixtures, inside the dev server alone. */
function story(): Plugin {
  return {
    name: "headwater-story",
    async configureServer(server) {
      const { middleware } = await server.ssrLoadModule("/src/testing/storyServer.ts");
      server.middlewares.use(middleware);
    },
  };
}

export default defineConfig(({ mode }) => ({
  plugins: mode === "story" ? [react(), story()] : [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: {
    host: "127.0.0.1",
    port: 5173,
    proxy: mode === "story" ? undefined : { "^/(api|version)": { target: API } },
  },
  build: {
    outDir: "dist",
    sourcemap: false,
    target: "es2022",
    // A data: address would need a wider content security policy.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
    rollupOptions: { output: { manualChunks: (id: string) => CHUNKS.find(([pattern]) => pattern.test(id))?.[1] } },
  },
  worker: { format: "es" },
  test: {
    environment: "jsdom",
    setupFiles: ["./src/testing/setup.ts"],
    restoreMocks: true,
    testTimeout: 20_000,
    css: false,
  },
}));
