// Packs what the build made, once, so that no server packs it at each request: file.js gets a file.js.gz beside it.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants, gzipSync } from "node:zlib";

const SMALLEST = 1024;
const TEXT = /\.(js|css|html|svg)$/;
const dist = new URL("../dist/", import.meta.url);

for (const name of readdirSync(dist, { recursive: true })) {
  if (!TEXT.test(name)) continue;
  const bytes = readFileSync(new URL(name, dist));
  if (bytes.length >= SMALLEST) writeFileSync(new URL(`${name}.gz`, dist), gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }));
}
