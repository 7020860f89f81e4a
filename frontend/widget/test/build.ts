import { build } from "vite";
import { builtDir } from "./built.js";

/** Builds what the tests look at, apart from dist so that a running server's files stay whole. */
export default async function setup(): Promise<void> {
  // Under vitest's own NODE_ENV the bundler would take Lit's development build.
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = "production";
  await build({
    configFile: new URL("../vite.config.ts", import.meta.url).pathname,
    logLevel: "error",
    build: { outDir: builtDir },
  });
  process.env.NODE_ENV = NODE_ENV;
}
