import type { Browser, Locator, Page } from "@playwright/test";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type DemoServer, type DemoServerOptions, pages, startDemoServer } from "../demo-server.js";
import { type Opened, openBrowser, openPage, shotPath } from "./browser.js";

let browser: Browser;
const cleanups: (() => unknown)[] = [];
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Serves a customer's page with this body and opens it. */
async function setup(
  body: string,
  serverOptions: DemoServerOptions = {},
  pageOptions: Parameters<typeof openPage>[2] = {},
): Promise<Opened & { server: DemoServer; widget: Locator; status: Locator }> {
  const server = await startDemoServer(serverOptions);
  cleanups.push(() => server.stop());
  pages.set(
    "/customer",
    `<!doctype html><html lang="en"><title>Customer</title><meta name="viewport" content="width=device-width">
     <script type="module" src="/widget/laurel.js"></script><main><h1>Customer</h1>${body}</main></html>`,
  );
  const opened = await openPage(browser, `${server.url}/customer`, pageOptions);
  cleanups.push(() => opened.page.context().close());
  const widget = opened.page.locator("laurel-leaderboard").first();
  return { ...opened, server, widget, status: widget.locator('[part~="status"]') };
}

const board = '<laurel-leaderboard contest-id="t_sprint" locale="en" theme="light"></laurel-leaderboard>';
const eventually = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 60_000, interval: 50 });
const rowKeys = (page: Page) =>
  page
    .locator("laurel-leaderboard [data-key]")
    .evaluateAll((rows) => rows.map((row) => row.getAttribute("data-key")));

/** Follows a player with a token given as a property, and keeps every event the page hears at its root. */
const followAs = (page: Page, user: string) =>
  page.evaluate((name) => {
    const widget = document.querySelector("laurel-leaderboard");
    if (!widget) throw new Error("no widget");
    const heard: unknown[] = [];
    Object.assign(globalThis, { heard });
    for (const type of ["laurel-ready", "laurel-rank-change", "laurel-connection", "laurel-error"]) {
      document.addEventListener(type, (event) => {
        const { detail } = event as CustomEvent<Record<string, unknown>>;
        heard.push([
          type,
          Object.fromEntries(Object.entries(detail).map(([key, value]) => [key, String(value)])),
        ]);
      });
    }
    Object.assign(widget, { token: `dev.${name}` });
  }, user);
const heard = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as { heard: [string, Record<string, string>][] }).heard);

describe("an anonymous reader", () => {
  it("sees the board, exact scores and players, and rows that move", async () => {
    const { page, server, status, complaints } = await setup(board);
    await eventually(async () => expect(await status.textContent()).toBe("Live"));
    expect(await rowKeys(page)).toEqual(Array.from({ length: 10 }, (_, index) => `key_${index + 1}`));
    const first = page.locator('[data-key="key_1"]');
    const expected = server.feed.ranking()[0]?.units ?? 0n;
    expect((await first.locator('[part~="score"]').textContent())?.replace(/[,.]/g, "")).toBe(`${expected}`);
    expect(await page.locator('[part~="players"]').textContent()).toBe("40 players");
    // A name is text, whatever it holds.
    expect(await page.locator("laurel-leaderboard b").count()).toBe(0);
    server.score("u_30", 2 ** 50);
    await eventually(async () => expect((await rowKeys(page))[0]).toBe("key_30"));
    expect(await first.locator('[part~="place"]').textContent()).toBe("2");
    expect(complaints).toEqual([]);
  });

  it("hears of a new leader politely", async () => {
    const { page, server, status } = await setup(board);
    await eventually(async () => expect(await status.textContent()).toBe("Live"));
    server.score("u_5", 10_000_000);
    const live = page.locator('laurel-leaderboard [aria-live="polite"]');
    await eventually(async () =>
      expect(await live.textContent()).toMatch(/^Björk-7 leads with 1\d\d,\d{3}\.\d\d points\.$/),
    );
  });
});

describe("a followed player", () => {
  it("has his own row pinned among three around, his gap, and his rank changes as events", async () => {
    const { page, server, status, complaints } = await setup(board);
    await eventually(async () => expect(await status.textContent()).toBe("Live"));
    await followAs(page, "u_24");
    const own = page.locator('[part~="row-own"]');
    await eventually(async () => expect(await own.count()).toBe(1));
    expect((await rowKeys(page)).slice(10)).toEqual(
      [21, 22, 23, 24, 25, 26, 27].map((place) => `key_${place}`),
    );
    expect(await page.locator('[part~="between"]').textContent()).toContain("10 places between");
    expect(await own.evaluate((row) => getComputedStyle(row).position)).toBe("sticky");
    const missing = server.feed.place("u_24", 3).toNextUnits;
    const card = page.locator('[part~="own"]').first();
    expect((await card.textContent())?.replace(/\s+/g, " ")).toContain("24 of 40");
    expect((await card.locator("dd").last().textContent())?.replace(/[,.]/g, "")).toBe(`${missing}`);
    server.score("u_24", 1_000_000);
    await eventually(async () => expect(await card.textContent()).toContain("Ahead of place 2"));
    const changes = (await heard(page)).filter(([type]) => type === "laurel-rank-change");
    expect(changes).toEqual([
      ["laurel-rank-change", { version: "1", contestId: "t_sprint", from: "24", to: "1", players: "40" }],
    ]);
    const live = page.locator('laurel-leaderboard [aria-live="polite"]');
    await eventually(async () => expect(await live.textContent()).toBe("You are in place 1 of 40."));
    expect(complaints).toEqual([]);
  });

  it("keeps the token out of markup and addresses", async () => {
    const { page, server, status } = await setup(board);
    await eventually(async () => expect(await status.textContent()).toBe("Live"));
    await followAs(page, "u_2");
    await eventually(async () => expect(await page.locator('[part~="row-own"]').count()).toBe(1));
    expect(await page.content()).not.toContain("dev.u_2");
    expect(server.live.connections.map(({ request }) => request.url).join()).not.toContain("dev.");
  });

  it("is told to sign in when the token is refused, keeps the board, and can try again", async () => {
    const { page, server, status, widget } = await setup(board);
    await eventually(async () => expect(await status.textContent()).toBe("Live"));
    server.refused.add("dev.u_2");
    await followAs(page, "u_2");
    await eventually(async () => expect(await status.textContent()).toBe("Not signed in"));
    expect(await rowKeys(page)).toHaveLength(10);
    expect((await heard(page)).slice(-2)).toMatchObject([
      ["laurel-error", { code: "unauthenticated" }],
      ["laurel-connection", { state: "unauthorised" }],
    ]);
    const retry = widget.getByRole("button", { name: "Try again" });
    expect((await retry.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    server.refused.clear();
    await retry.click();
    await eventually(async () => expect(await status.textContent()).toBe("Live"));
  });
});

describe("states", () => {
  it("reconnecting after two seconds, as-of after fifteen, live again by itself, board visible throughout", async () => {
    const { page, server, status } = await setup(board);
    await eventually(async () => expect(await status.textContent()).toBe("Live"));
    const { port } = new URL(server.url);
    await server.stop();
    await eventually(async () => expect(await status.textContent()).toBe("Reconnecting…"));
    expect(await rowKeys(page)).toHaveLength(10);
    await eventually(async () => expect(await status.textContent()).toMatch(/^As of \d\d:\d\d/));
    await page.screenshot({ path: shotPath("state-stale") });
    const again = await startDemoServer({ port: Number(port) });
    cleanups.push(() => again.stop());
    await page.evaluate(() => window.dispatchEvent(new Event("online")));
    await eventually(async () => expect(await status.textContent()).toBe("Live"));
    expect(await rowKeys(page)).toHaveLength(10);
  });

  it("offline when the device is", async () => {
    const { page, status } = await setup(board);
    await eventually(async () => expect(await status.textContent()).toBe("Live"));
    await page.context().setOffline(true);
    await eventually(async () => expect(await status.textContent()).toBe("Offline"));
    await page.context().setOffline(false);
    await eventually(async () => expect(await status.textContent()).toBe("Live"));
  });

  it("scheduled, live, closing and final", async () => {
    const { page, server, status } = await setup(board, { contest: { state: 1 }, players: 3 });
    await eventually(async () => expect(await status.textContent()).toBe("Not started"));
    server.turn({ state: 2 });
    await eventually(async () => expect(await status.textContent()).toBe("Live"));
    expect(await page.locator('[part~="time-left"]').textContent()).toMatch(/^0[01]:[05]\d:\d\d left$/);
    expect(await page.locator(".open").count()).toBe(7);
    server.turn({ state: 3 });
    await eventually(async () => expect(await status.textContent()).toBe("Counting late rounds"));
    server.turn({ state: 4 });
    await eventually(async () => expect(await status.textContent()).toBe("Final standings"));
    expect(await page.locator(".open").count()).toBe(0);
    const live = page.locator('laurel-leaderboard [aria-live="polite"]');
    await eventually(async () => expect(await live.textContent()).toContain("The contest is over"));
  });

  it("unavailable for a contest that doesn't exist", async () => {
    const { status } = await setup(
      '<laurel-leaderboard contest-id="t_none" locale="en"></laurel-leaderboard>',
    );
    await eventually(async () => expect(await status.textContent()).toBe("Unavailable"));
  });

  it("empty, with a customer's own header and words in the slots", async () => {
    const slots = '<strong slot="header">Our cup</strong><em slot="empty">Be the first!</em>';
    const { page } = await setup(board.replace("></laurel", `>${slots}</laurel`), { players: 0 });
    await page.getByText("Be the first!").waitFor();
    expect(await page.getByText("Our cup").isVisible()).toBe(true);
  });
});

describe("layout and motion", () => {
  it("keeps the same height from before the first data on", async () => {
    const { page, server, status, widget } = await setup(board, { players: 4 });
    await eventually(async () => expect(await status.textContent()).toBe("Live"));
    const live = (await widget.boundingBox())?.height;
    await server.stop();
    await page.evaluate(() => {
      const fresh = document.createElement("laurel-leaderboard");
      fresh.setAttribute("contest-id", "t_sprint");
      fresh.setAttribute("locale", "en");
      document.querySelector("laurel-leaderboard")?.replaceWith(fresh);
    });
    await eventually(async () => expect(await status.textContent()).toBe("Loading"));
    expect((await widget.boundingBox())?.height).toBe(live);
  });

  const slides = (page: Page) =>
    page.evaluate(() => {
      const rows = [
        ...(document.querySelector("laurel-leaderboard")?.shadowRoot?.querySelectorAll("[data-key]") ?? []),
      ];
      return rows.flatMap((row) =>
        row.getAnimations().map((animation) => {
          const effect = animation.effect as KeyframeEffect;
          const properties = new Set(effect.getKeyframes().flatMap((frame) => Object.keys(frame)));
          return {
            duration: effect.getTiming().duration,
            transform: properties.has("transform"),
            top: properties.has("top"),
          };
        }),
      );
    });
  /** Notes every slide as it starts, since one is over in less than a look from outside takes. */
  const countSlides = (page: Page) =>
    page.evaluate(() => {
      const started: { duration: number; properties: string[] }[] = [];
      Object.assign(globalThis, { started });
      const animate = Reflect.get<Element, "animate">(Element.prototype, "animate");
      Element.prototype.animate = function (this: Element, frames, options) {
        const animation = animate.call(this, frames, options);
        started.push({
          duration: Number((options as KeyframeAnimationOptions).duration),
          properties: (frames as Keyframe[]).flatMap((frame) => Object.keys(frame)),
        });
        return animation;
      };
    });
  const started = (page: Page) =>
    page.evaluate(
      () => (globalThis as unknown as { started: { duration: number; properties: string[] }[] }).started,
    );

  it("slides at most 20 rows, by transform alone, for at most 300 ms", async () => {
    const { page, server, status } = await setup(board.replace(" locale", ' top="40" locale'), {
      players: 60,
    });
    await eventually(async () => expect(await status.textContent()).toBe("Live"));
    await countSlides(page);
    server.score("u_40", 10_000_000);
    await eventually(async () => expect((await rowKeys(page))[0]).toBe("key_40"));
    const all = await started(page);
    expect(all).toHaveLength(20);
    expect(Math.max(...all.map(({ duration }) => duration))).toBeLessThanOrEqual(300);
    expect(new Set(all.flatMap(({ properties }) => properties))).toEqual(new Set(["transform"]));
    expect(await slides(page)).not.toContainEqual(expect.objectContaining({ top: true }));
  });

  it("brings a newcomer in from the place that was left, over the rows that make room", async () => {
    const { page, server, status } = await setup(board);
    await eventually(async () => expect(await status.textContent()).toBe("Live"));
    // Slides are stopped at their first moment, so that the look doesn't depend on the machine's speed.
    await page.evaluate(() => {
      const animate = Reflect.get<Element, "animate">(Element.prototype, "animate");
      Element.prototype.animate = function (this: Element, frames, options) {
        const animation = animate.call(this, frames, options);
        animation.pause();
        return animation;
      };
    });
    const before = await rowKeys(page);
    const [, second] = server.feed.ranking();
    const newcomer = server.feed.ranking().find(({ playerKey }) => playerKey === "key_30");
    server.score("u_30", Number((second?.units ?? 0n) - (newcomer?.units ?? 0n)) + 1);
    await eventually(async () => expect((await rowKeys(page))[1]).toBe("key_30"));
    const seen = () =>
      page.evaluate(() => {
        const root = document.querySelector("laurel-leaderboard")?.shadowRoot;
        const box = root?.querySelector(".rows")?.getBoundingClientRect();
        if (!root || !box) throw new Error("no rows");
        return Array.from({ length: 10 }, (_, index) => {
          const y = box.top + (box.height * (index + 0.5)) / 10;
          return root
            .elementFromPoint(box.left + box.width / 2, y)
            ?.closest("[data-key]")
            ?.getAttribute("data-key");
        });
      });
    expect(await seen()).toEqual([...before.slice(0, 9), "key_30"]);
    await page.evaluate(() => {
      const rows =
        document.querySelector("laurel-leaderboard")?.shadowRoot?.querySelectorAll("[data-key]") ?? [];
      for (const row of rows) for (const animation of row.getAnimations()) animation.finish();
    });
    expect(await seen()).toEqual(await rowKeys(page));
  });

  it("slides nothing when less motion is wanted", async () => {
    const { page, server, status } = await setup(board, {}, { reducedMotion: "reduce" });
    await eventually(async () => expect(await status.textContent()).toBe("Live"));
    await countSlides(page);
    server.score("u_9", 10_000_000);
    await eventually(async () => expect((await rowKeys(page))[0]).toBe("key_9"));
    expect(await started(page)).toEqual([]);
  });

  it("takes a customer's tokens and parts", async () => {
    const { page, widget, status } = await setup(board);
    await eventually(async () => expect(await status.textContent()).toBe("Live"));
    await widget.evaluate((host: HTMLElement) =>
      host.parentElement?.style.setProperty("--laurel-bg", "rgb(1, 2, 3)"),
    );
    const background = await page
      .locator('[part~="board"]')
      .evaluate((each) => getComputedStyle(each).backgroundColor);
    expect(background).toBe("rgb(1, 2, 3)");
  });

  it("shares one connection among the boards of a page", async () => {
    const { page, server, status } = await setup(`${board}${board.replace(" locale", ' top="3" locale')}`);
    await eventually(async () => expect(await status.textContent()).toBe("Live"));
    await eventually(async () => expect(await page.locator("[data-key]").count()).toBe(13));
    expect(server.live.connections).toHaveLength(1);
  });
});

describe("the rules", () => {
  it("say scoring and tie-breaks in plain words, opened by keyboard", async () => {
    const { page, widget, status } = await setup(board);
    await eventually(async () => expect(await status.textContent()).toBe("Live"));
    const summary = widget.locator("summary");
    expect((await summary.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    await summary.focus();
    await page.keyboard.press("Enter");
    const rules = await widget.locator('[part~="rules"]').textContent();
    expect(rules).toContain("sum of your best 20 rounds");
    expect(await widget.locator('[part~="rules"] li').allTextContents()).toEqual([
      "the higher multiplier in a single round",
      "who got there first",
      "a fixed order of players, so that no place is shared",
    ]);
    expect(rules).toContain("Europe/Kyiv");
    await page.screenshot({ path: shotPath("rules") });
  });
});
