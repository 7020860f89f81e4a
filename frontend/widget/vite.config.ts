import { readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

const source = (name: string) => new URL(name, import.meta.url).pathname;

/** The page and its style are served as they are; .gitkeep keeps the embedded folder in a fresh clone. */
const asIs: Plugin = {
  name: "as-is",
  generateBundle() {
    for (const fileName of ["demo.html", "demo.css"]) {
      this.emitFile({ type: "asset", fileName, source: readFileSync(source(`demo/${fileName}`)) });
    }
    this.emitFile({ type: "asset", fileName: ".gitkeep", source: "" });
  },
};

export default defineConfig({
  root: source("."),
  publicDir: false,
  plugins: [asIs],
  build: {
    target: "es2022",
    emptyOutDir: true,
    modulePreload: false,
    minify: true,
    rolldownOptions: {
      input: { laurel: source("src/laurel.ts"), demo: source("demo/demo.ts") },
      preserveEntrySignatures: "strict",
      output: { format: "es", entryFileNames: "[name].js" },
    },
  },
});
