import { readdirSync } from "node:fs";
import js from "@eslint/js";
import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import importX from "eslint-plugin-import-x";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

const FEATURES = readdirSync(`${import.meta.dirname}/src/features`);
const SHARED = ["./src/components", "./src/lib"];

// Data walks lib -> components -> features -> app; nothing imports against the stream.
const zones = [
  { target: SHARED, from: ["./src/features", "./src/app"], message: "Shared code knows no feature and no app." },
  { target: "./src/lib", from: "./src/components", message: "lib knows no components." },
  { target: "./src/features", from: "./src/app", message: "Features do not know the app." },
  { target: ["./src/app", "./src/features", ...SHARED], from: ["./src/testing"], message: "Fixtures stay in tests." },
  ...FEATURES.map((name) => ({
    target: `./src/features/${name}`,
    from: "./src/features",
    except: [`./${name}`],
    message: "Features never import each other: share through components or lib, compose in app.",
  })),
];

export default tseslint.config(
  { ignores: ["dist", "node_modules", "src/lib/api/schema.gen.ts"] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  a11y.flatConfigs.recommended,
  hooks.configs.flat["recommended-latest"],
  {
    plugins: { "import-x": importX },
    settings: { "import-x/resolver-next": [createTypeScriptImportResolver({ project: "./tsconfig.app.json" })] },
    rules: {
      "import-x/no-restricted-paths": ["error", { zones }],
      "import-x/no-cycle": "error",
      // No compiler is used here; the rule only says what it would skip.
      "react-hooks/incompatible-library": "off",
      "@typescript-eslint/consistent-type-imports": "error",
      "no-restricted-imports": [
        "error",
        { paths: [{ name: "@mantine/core", importNames: ["SimpleGrid", "Grid"], message: "It writes a <style> tag, which the content security policy forbids: use a CSS module." }] },
      ],
      "max-lines": ["error", { max: 220, skipBlankLines: true, skipComments: true }],
      "no-restricted-globals": ["error", { name: "localStorage", message: "Use lib/preferences." }],
    },
  },
  { files: ["src/**/*.test.{ts,tsx}", "src/testing/**"], rules: { "import-x/no-restricted-paths": "off", "max-lines": "off" } },
  { files: ["public/*.js", "scripts/*.mjs"], languageOptions: { globals: { localStorage: "readonly", document: "readonly", matchMedia: "readonly", URL: "readonly", console: "readonly", process: "readonly" } }, rules: { "no-restricted-globals": "off" } },
);
