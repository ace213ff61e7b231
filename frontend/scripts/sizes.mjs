// Prints what a browser must fetch: every asset of the build with its gzip size.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const folder = new URL("../dist/assets/", import.meta.url);
const rows = readdirSync(folder).filter((name) => !name.endsWith(".gz")).map((name) => {
  const bytes = readFileSync(new URL(name, folder));
  return { name, raw: bytes.length, gz: gzipSync(bytes).length };
});
rows.sort((a, b) => b.gz - a.gz);
for (const { name, raw, gz } of rows) {
  console.log(`${(gz / 1024).toFixed(1).padStart(8)} KB gz ${(raw / 1024).toFixed(1).padStart(9)} KB  ${name}`);
}
console.log(`${(rows.reduce((sum, r) => sum + r.gz, 0) / 1024).toFixed(1).padStart(8)} KB gz in all`);
