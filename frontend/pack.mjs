// Compresses what a build made, once, so that no server has to: beside each file that gets smaller stands the same with .gz behind
// its name.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";

/** The files that are text; pictures and fonts are packed already. */
const packable = new Set([".html", ".js", ".mjs", ".css", ".json", ".map", ".svg", ".txt", ".wasm"]);
/** Below this many bytes the answer fits one packet anyway. */
const leastBytes = 1024;

for (const folder of ["studio/dist", "widget/dist"]) {
  const root = join(import.meta.dirname, folder);
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !packable.has(extname(entry.name))) continue;
    const file = join(entry.parentPath, entry.name);
    const plain = readFileSync(file);
    if (plain.length < leastBytes) continue;
    const packed = gzipSync(plain, { level: 9 });
    if (packed.length < plain.length) writeFileSync(`${file}.gz`, packed);
  }
}
