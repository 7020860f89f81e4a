import type { Page } from "@playwright/test";
import { contestYaml, round } from "./contest.ts";
import { expect, type Laurel, test } from "./laurel.ts";
import { boardUsers, expectBoard, watch } from "./studio.ts";

test.use({ locale: "en-GB" });

/** Two players of a contest of their own: the first leads with 7 to 3. */
async function race(laurel: Laurel, id: string): Promise<{ first: string; second: string; market: string }> {
  const market = id.toUpperCase();
  const players = { first: `u_${id}_a`, second: `u_${id}_b` };
  await laurel.publish(contestYaml(id, `Race ${id}`, undefined, market));
  await laurel.post([round(players.first, 7, market), round(players.second, 3, market)]);
  return { ...players, market };
}

test("a board keeps still under the pointer and the focus until asked", async ({ page, context, laurel }) => {
  const failures = watch(page);
  const { first, second, market } = await race(laurel, "held");
  await laurel.signIn(context);
  await page.goto(`${laurel.url}/contests/held/board`);
  await expectBoard(page, [first, second]);
  const waiting = page.getByRole("button", { name: /changes? waiting: show/ });

  await page.getByRole("table", { name: "Board of Race held" }).hover();
  await laurel.post([round(second, 9, market)]);
  await expect(waiting).toBeVisible();
  expect(await boardUsers(page)).toEqual([first, second]);
  await page.mouse.move(5, 5);
  await expectBoard(page, [second, first]);
  await expect(waiting).toBeHidden();

  await page
    .getByRole("checkbox", { name: /^Compare/ })
    .first()
    .focus();
  await laurel.post([round(first, 9, market)]);
  await expect(waiting).toBeVisible();
  expect(await boardUsers(page)).toEqual([second, first]);
  await waiting.click();
  await page.mouse.move(5, 5);
  await expectBoard(page, [first, second]);
  expect(failures).toEqual([]);
});

/** Counts the rows that the page lets slide. */
async function countSlides(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(() => {
    const animate: (this: Element, ...args: Parameters<Element["animate"]>) => Animation = Reflect.get(
      Element.prototype,
      "animate",
    );
    Element.prototype.animate = function (...args) {
      if (this instanceof HTMLTableRowElement) {
        const slid = Number(document.documentElement.dataset.slid ?? 0);
        document.documentElement.dataset.slid = String(slid + 1);
      }
      return animate.apply(this, args);
    };
  });
  return async () => Number((await page.locator("html").getAttribute("data-slid")) ?? 0);
}

for (const motion of ["no-preference", "reduce"] as const) {
  const slides = motion === "no-preference";
  test(`rows ${slides ? "slide to their new places" : "don't slide where motion is unwanted"}`, async ({
    page,
    context,
    laurel,
  }) => {
    const { first, second, market } = await race(laurel, slides ? "slides" : "still");
    await page.emulateMedia({ reducedMotion: motion });
    const slid = await countSlides(page);
    await laurel.signIn(context);
    await page.goto(`${laurel.url}/contests/${market.toLowerCase()}/board`);
    await expectBoard(page, [first, second]);
    await expect(page.getByText("Connected", { exact: true })).toBeVisible();
    await laurel.post([round(second, 9, market)]);
    await expectBoard(page, [second, first]);
    expect(await slid()).toBe(slides ? 2 : 0);
  });
}

test("an address keeps who is compared and who is looked for", async ({ page, context, laurel }) => {
  const { first, second } = await race(laurel, "address");
  await laurel.signIn(context);
  await page.goto(`${laurel.url}/contests/address/board?a=${first}&b=${second}&find=${second}`);
  const why = page.getByRole("region", { name: /^Why is/ });
  await expect(why.locator("tr[data-decided]")).toContainText("Score");
  const around = page.getByRole("table", { name: `Players around ${second}` });
  await expect(around.locator("tr[data-sought]")).toContainText(second);

  await page.getByLabel("Find a player").fill("nobody");
  await page.keyboard.press("Enter");
  await expect(page.getByText("No player with this user id")).toBeVisible();
  await why.getByRole("button", { name: "Close" }).click();
  await expect(page).toHaveURL(/board\?find=nobody$/);
});

test("a board that no socket brings is read, and says since when", async ({ page, context, laurel }) => {
  const { first, second, market } = await race(laurel, "unpushed");
  await page.routeWebSocket(/\/ws$/, (socket) => socket.close());
  await laurel.signIn(context);
  await page.goto(`${laurel.url}/contests/unpushed/board`);
  const notice = page.getByRole("status").filter({ hasText: "Live updates can't be had at the moment" });
  await expect(notice).toContainText(/The board is as of .+, \d\d:\d\d:\d\d \u2068?Europe\/Kyiv\u2069?\./);
  await expect(page.getByText("Not connected", { exact: true })).toBeVisible();
  await expectBoard(page, [first, second]);
  await laurel.post([round(second, 9, market)]);
  await expectBoard(page, [second, first]);
});

test("a final board says nothing of the connection", async ({ page, context, laurel }) => {
  const minuteMillis = 60_000;
  const yaml = contestYaml("over", "Race over", undefined, "OVER")
    .replace(/start: "[^"]+"/, `start: "${new Date(Date.now() - 20 * minuteMillis).toISOString()}"`)
    .replace(/end: "[^"]+"/, `end: "${new Date(Date.now() - 10 * minuteMillis).toISOString()}"`);
  await laurel.publish(yaml);
  await page.routeWebSocket(/\/ws$/, (socket) => socket.close());
  await laurel.signIn(context);
  await page.goto(`${laurel.url}/contests/over`);
  await page.getByRole("link", { name: "Final board" }).click();
  await expect(page.getByText("Nobody scored")).toBeVisible();
  await expect(page.getByText("Standings are frozen and hashed.")).toBeVisible();
  await expect(page.getByText(/onnect|Live updates/)).toHaveCount(0);
});

test("a board that is open when its contest ends is of its end", async ({ page, context, laurel }) => {
  const endsInMillis = 12_000;
  const yaml = contestYaml("ends", "Race ends", undefined, "ENDS").replace(
    /end: "[^"]+"/,
    `end: "${new Date(Date.now() + endsInMillis).toISOString()}", grace_seconds: 1`,
  );
  await laurel.publish(yaml);
  await laurel.post([round("u_ends", 7, "ENDS")]);
  // The last board is kept between the page's last question and the end.
  await page.route("**/rpc/laurel.v1.LeaderboardService/ListSnapshots", async (route) => {
    const board = await fetch(`${laurel.url}/v1/leaderboards/ends`).then((response) => response.json());
    const kept = { number: "1", takenAt: new Date().toISOString(), total: "1" };
    await route.fulfill({ json: { snapshots: board.status === "final" ? [kept] : [] } });
  });
  await laurel.signIn(context);
  await page.goto(`${laurel.url}/contests/ends/board`);
  await expect(page).toHaveTitle("Live board of Race ends · Laurel");
  await expect(page.getByText("No board has been kept yet")).toBeVisible();
  await expect(page.getByText("Standings are frozen and hashed.")).toBeVisible();
  await expect(page.getByRole("slider", { name: "Board kept at" })).toBeVisible();
  await expect(page).toHaveTitle("Final board of Race ends · Laurel");
  await expectBoard(page, ["u_ends"]);

  await page.keyboard.press("Control+k");
  await page.getByRole("textbox", { name: "Go to" }).fill("ends");
  const found = page.getByRole("dialog");
  await expect(found).toContainText("Final board of Race ends");
  await expect(found).not.toContainText("Live board of");
});

test("Pulse leads from the first of a live contest to its board", async ({ page, context, laurel }) => {
  const { first, second } = await race(laurel, "pulse");
  await laurel.signIn(context);
  await page.goto(`${laurel.url}/?contest=pulse`);
  const live = page.getByRole("region", { name: "Live now" });
  await expect(live.getByRole("table", { name: "Top of Race pulse" })).toBeVisible();
  await expectBoard(page, [first, second]);
  await live.locator(`tr[data-user-id="${second}"]`).getByRole("link").click();
  await expect(page).toHaveURL(new RegExp(`/contests/pulse/board\\?find=${second}$`));
  await page.goBack();
  await expect(page).toHaveURL(/\?contest=pulse$/);
});
