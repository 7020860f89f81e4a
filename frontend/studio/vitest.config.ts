import { defineConfig } from "vitest/config";

/** models are plain functions; rooms are drawn into a document, as a browser would, and used by role, name and key. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: "models", include: ["src/**/*.test.ts"], environment: "node" } },
      {
        test: {
          name: "rooms",
          include: ["src/**/*.test.tsx"],
          environment: "jsdom",
          // A browser's own address; nobody listens there.
          environmentOptions: { jsdom: { url: "http://127.0.0.1:9/" } },
          setupFiles: ["tests/browser.ts"],
          testTimeout: 20_000,
        },
      },
    ],
  },
});
