// @vitest-environment node
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { mantineVariables } from "./theme";

it("ships the style sheet that Mantine would otherwise write into the page", async () => {
  // After a change of theme: npx vitest run src/app/theme.test.ts -u
  await expect(mantineVariables()).toMatchFileSnapshot(fileURLToPath(new URL("./mantine-variables.css", import.meta.url)));
});
