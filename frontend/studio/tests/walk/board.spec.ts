import { expect, type Page, test } from "@playwright/test";
import { boardText, boardUsers, signIn } from "./studio.ts";

const board = "/contests/t_october_sprint/board";

test("the board moves, and keeps still under the pointer until asked", async ({ page }) => {
  await signIn(page, board);
  const table = page.getByRole("table", { name: "Board of October Sprint" });
  await expect(table.getByRole("row")).toHaveCount(26);
  const first = await boardText(page);
  await expect.poll(() => boardText(page)).not.toBe(first);

  await table.hover();
  const held = await boardUsers(page);
  const waiting = page.getByRole("button", { name: /changes? waiting: show/ });
  await expect(waiting).toBeVisible();
  expect(await boardUsers(page)).toEqual(held);
  const still = await boardText(page);
  await page.mouse.move(5, 5);
  await expect(waiting).toBeHidden();
  await expect.poll(() => boardText(page)).not.toBe(still);
});

test("focus holds the board as well, and the notice lets it go on", async ({ page }) => {
  await signIn(page, board);
  const box = page.getByRole("checkbox", { name: /^Compare/ }).first();
  await box.focus();
  const still = await boardText(page);
  const waiting = page.getByRole("button", { name: /changes? waiting: show/ });
  await expect(waiting).toBeVisible();
  expect(await boardText(page)).toBe(still);
  await page.keyboard.press("Escape");
  await waiting.click();
  await expect.poll(() => boardText(page)).not.toBe(still);
});

test("two ticked players are explained, and the address keeps it", async ({ page }) => {
  await signIn(page, "/contests/spring_final/board");
  for (const user of ["u_100", "u_101"]) {
    await page.locator(`tr[data-user-id="${user}"]`).getByRole("checkbox").check();
  }
  const values = page.getByRole("table", { name: "Values of the order" });
  await expect(values.getByRole("row")).toHaveCount(4);
  await expect(values.locator("tr[data-decided]")).toContainText("Earliest finish");
  await expect(page.getByText(/getting there 2.5 secs? earlier/)).toBeVisible();
  await expect(page.getByRole("img", { name: /^Bar chart/ })).toBeVisible();
  await page.reload();
  await expect(values.getByRole("row")).toHaveCount(4);
  await page
    .getByRole("region", { name: /^Why is/ })
    .getByRole("button", { name: "Close" })
    .click();
  await expect(page).not.toHaveURL(/a=/);
});

test("a player is found with those around him", async ({ page }) => {
  await signIn(page, "/contests/spring_final/board");
  await page.getByLabel("Find a player").fill("u_130");
  await page.keyboard.press("Enter");
  const around = page.getByRole("table", { name: "Players around u_130" });
  await expect(around.locator("tr[data-sought]")).toContainText("u_130");
  await expect(around.getByRole("row")).toHaveCount(8);
  await page.getByLabel("Find a player").fill("nobody");
  await page.keyboard.press("Enter");
  await expect(page.getByText("No player with this user id")).toBeVisible();
});

test("history is walked by keyboard and left again", async ({ page }) => {
  await signIn(page, board);
  const thumb = page.getByRole("slider", { name: "Board kept at" });
  await thumb.focus();
  await page.keyboard.press("ArrowLeft");
  await expect(page).toHaveURL(/at=20/);
  await expect(page.getByText(/The board as it was at/)).toBeVisible();
  await page.getByRole("button", { name: "Back to now" }).click();
  await expect(page).not.toHaveURL(/at=/);
});

test("a broken connection is said, the board stays, and it goes on by itself", async ({ page, request }) => {
  await signIn(page, board);
  await expect(page.getByText("Connected")).toBeVisible();
  await request.post("/fixture/drop?ms=5000");
  await expect(page.getByText("The connection broke; trying again.")).toBeVisible();
  expect(await boardUsers(page)).toHaveLength(25);
  await expect(page.getByText("Connected")).toBeVisible({ timeout: 20_000 });
  await expect(page.getByText("The connection broke; trying again.")).toBeHidden();
});

/** Notes on the page whether a row ever slid, looking at each frame. */
async function watchSlides(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const watch = () => {
      const slides = document
        .getAnimations()
        .some(
          ({ effect }) => effect instanceof KeyframeEffect && effect.target instanceof HTMLTableRowElement,
        );
      if (slides) document.documentElement.dataset.slid = "yes";
      requestAnimationFrame(watch);
    };
    watch();
  });
}

for (const motion of ["no-preference", "reduce"] as const) {
  test(`rows ${motion === "reduce" ? "don't slide where motion is unwanted" : "slide to their new places"}`, async ({
    page,
  }) => {
    await page.emulateMedia({ reducedMotion: motion });
    await watchSlides(page);
    await signIn(page, board);
    const before = await boardUsers(page);
    await expect.poll(() => boardUsers(page), { timeout: 20_000 }).not.toEqual(before);
    const slid = motion === "reduce" ? null : "yes";
    expect(await page.locator("html").getAttribute("data-slid")).toBe(slid);
  });
}
