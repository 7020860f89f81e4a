import { defineConfig } from "vitest/config";

/** unit runs anywhere; browser drives a real Chromium against a real server. */
export default defineConfig({
  test: {
    globalSetup: ["test/build.ts"],
    projects: [
      {
        extends: true,
        test: { name: "unit", include: ["src/**/*.test.ts", "demo/**/*.test.ts", "test/unit/**/*.test.ts"] },
      },
      {
        extends: true,
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
