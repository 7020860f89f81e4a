import { defineConfig } from "@playwright/test";

/** The fixture with a world, and one without. Both serve what `npm run build` made last. */
const ports = { world: 18231, empty: 18232 };

export default defineConfig({
  testDir: ".",
  outputDir: "../look/out/walk",
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 45_000,
  expect: { timeout: 10_000 },
  reporter: "list",
  webServer: Object.entries(ports).map(([name, port]) => ({
    command: `node tests/fixture/start.mjs --port ${port}${name === "empty" ? " --empty" : ""}`,
    cwd: "../..",
    url: `http://127.0.0.1:${port}/favicon.svg`,
    timeout: 60_000,
  })),
  use: {
    baseURL: `http://127.0.0.1:${ports.world}`,
    locale: "en-GB",
    timezoneId: "Europe/Stockholm",
    viewport: { width: 1280, height: 900 },
    launchOptions: { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] },
  },
});
