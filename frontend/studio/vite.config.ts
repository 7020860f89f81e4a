import { tanstackRouter } from "@tanstack/router-plugin/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const server = process.env.LAUREL_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "/",
  plugins: [tanstackRouter({ target: "react", autoCodeSplitting: true, quoteStyle: "double" }), react()],
  build: {
    target: "es2022",
    // Browsers that know light-dark(): lowering it would lose the colour scheme.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    sourcemap: false,
    modulePreload: { polyfill: false },
    // The editor and the charts are large and lazy: each has a chunk of its own, loaded by the room that needs it.
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: {
      "/rpc": server,
      "/v1": server,
      "/demo": server,
      "/widget": server,
      "/ws": { target: server, ws: true },
    },
  },
});
