import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Page } from "@playwright/test";
import type { AxeResults } from "axe-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoServer, startDemoServer } from "../demo-server.js";
import { openBrowser, openPage } from "./browser.js";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser: Browser;
let server: DemoServer;
beforeAll(async () => {
  browser = await openBrowser();
  server = await startDemoServer({ players: 50 });
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** What axe finds wrong by WCAG 2.2 AA and its own best practices. */
async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const results = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run: () => Promise<AxeResults> } }).axe.run(),
  );
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`),
  );
}

describe("axe finds nothing", () => {
  const looks = ["light", "dark"].flatMap((theme) => [
    { theme, locale: "en", brand: "laurel" },
    { theme, locale: "fa", brand: "ocean" },
    { theme, locale: "zh", brand: "ember" },
  ]);
  it.each(looks)("$theme $locale $brand", async ({ theme, locale, brand }) => {
    const query = new URLSearchParams({ theme, locale, brand, player: "u_24" });
    const { page, complaints } = await openPage(browser, `${server.url}/demo?${query.toString()}`);
    await page.locator('[part~="row-own"]').waitFor();
    await page.locator("summary").click();
    expect(await findings(page)).toEqual([]);
    expect(await page.locator('[part~="board"]').getAttribute("dir")).toBe(locale === "fa" ? "rtl" : "ltr");
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
