import type { Browser } from "@playwright/test";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoServer, startDemoServer } from "../demo-server.js";
import { openBrowser, openPage, shotPath } from "./browser.js";

let browser: Browser;
let server: DemoServer;
beforeAll(async () => {
  browser = await openBrowser();
  server = await startDemoServer({ players: 1204 });
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

describe("the demo page draws", () => {
  it.each([
    ["light", "?locale=en&theme=light", {}],
    ["dark", "?locale=zh&theme=dark&player=u_24", {}],
    ["persian", "?locale=fa&theme=light&player=u_24", {}],
    ["persian-dark-compact", "?locale=fa&theme=dark&player=u_3&density=compact&brand=ocean", {}],
    ["ember", "?locale=en&theme=light&player=u_1&brand=ember", {}],
    ["phone", "?locale=en&theme=light&player=u_24", { viewport: { width: 360, height: 800 } }],
  ])("%s", async (name, query, options) => {
    const { page, complaints } = await openPage(browser, `${server.url}/demo${query}`, options);
    await page.locator('[part~="status"][data-status="live"]').waitFor();
    await page.screenshot({ path: shotPath(name), fullPage: name === "phone", animations: "disabled" });
    expect(complaints).toEqual([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    await page.context().close();
  });
});
