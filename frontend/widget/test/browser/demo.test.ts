import type { Browser } from "@playwright/test";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type DemoServerOptions, startDemoServer } from "../demo-server.js";
import { openBrowser, openPage } from "./browser.js";

let browser: Browser;
const cleanups: (() => unknown)[] = [];
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function setup(query = "", options: DemoServerOptions = {}) {
  const server = await startDemoServer(options);
  cleanups.push(() => server.stop());
  const opened = await openPage(browser, `${server.url}/demo${query}`);
  cleanups.push(() => opened.page.context().close());
  return { ...opened, server };
}

const eventually = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 60_000, interval: 50 });

describe("the demo page", () => {
  it("finds the live contest, and follows a player when asked", async () => {
    const { page, complaints } = await setup();
    await page.locator('[part~="status"][data-status="live"]').waitFor();
    expect(
      await page
        .locator("laurel-leaderboard")
        .evaluate((host) => (host as HTMLElement & { contestId: string }).contestId),
    ).toBe("t_sprint");
    await page.getByLabel("See it as a player").fill("u_12");
    await page.getByRole("button", { name: "Follow" }).click();
    await page.locator('[part~="row-own"]').waitFor();
    expect(new URL(page.url()).searchParams.get("player")).toBe("u_12");
    expect(await page.locator("#snippet").textContent()).toContain("tokenProvider");
    await page.getByRole("button", { name: "Anyone" }).click();
    await eventually(async () => expect(await page.locator('[part~="row-own"]').count()).toBe(0));
    expect(complaints).toEqual([]);
  });

  it("switches language, direction and theme, page and widget alike, and keeps them in the address", async () => {
    const { page } = await setup("?locale=en&theme=light");
    await page.locator('[part~="status"][data-status="live"]').waitFor();
    await page.getByRole("radio", { name: "فارسی" }).check();
    await page.getByRole("radio", { name: "تیره" }).check();
    expect(await page.locator("html").getAttribute("dir")).toBe("rtl");
    await eventually(async () => expect(await page.locator('[part~="status"]').textContent()).toBe("زنده"));
    expect(await page.locator('[data-key="key_1"] [part~="place"]').textContent()).toBe("۱");
    const query = new URL(page.url()).searchParams;
    expect([query.get("locale"), query.get("theme")]).toEqual(["fa", "dark"]);
    await page.reload();
    await page.locator('[part~="status"][data-status="live"]').waitFor();
    expect(await page.locator("html").getAttribute("data-theme")).toBe("dark");
  });

  it("changes the contest in place, and shows an unknown one as unavailable", async () => {
    const { page, server } = await setup("?locale=en");
    await page.locator('[part~="status"][data-status="live"]').waitFor();
    await page.getByLabel("Contest").selectOption("Later cup");
    await page.locator('[part~="status"][data-status="unavailable"]').waitFor();
    expect(await page.locator("[data-key]").count()).toBe(0);
    expect(new URL(page.url()).searchParams.get("contest")).toBe("t_later");
    await page.getByLabel("Contest").selectOption("October sprint");
    await page.locator('[part~="status"][data-status="live"]').waitFor();
    expect(await page.locator("[data-key]").count()).toBe(10);
    const sent = server.live.connections.at(-1)?.received.map((frame) => frame.case);
    expect(sent?.[0]).toBe("hello");
  });

  it("offers no tokens where the server gives none, and says when nothing is live", async () => {
    const { page } = await setup("?locale=en", { dev: false, contest: { state: 4 } });
    await page.getByText("No contest is live right now").waitFor();
    await page.locator('[part~="status"][data-status="ended"]').waitFor();
    expect(await page.locator("#follow").isVisible()).toBe(false);
  });

  it("logs the widget's events and keeps pace with a busy contest", async () => {
    const { page, server } = await setup("?locale=en&player=u_20");
    await page.locator('[part~="row-own"]').waitFor();
    for (let tick = 0; tick < 60; tick++) server.play(20);
    const top = server.feed.top(10).map((row) => row.playerKey);
    await eventually(async () => {
      const keys = await page
        .locator("[data-key]")
        .evaluateAll((rows) => rows.map((row) => row.getAttribute("data-key")));
      expect(keys.slice(0, 10)).toEqual(top);
    });
    expect(await page.locator("#events").textContent()).toContain("laurel-rank-change");
  });
});
