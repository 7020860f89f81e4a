import { expect, type Page, test } from "@playwright/test";
import { emptyUrl, signIn } from "./studio.ts";

const liveNow = (page: Page) => page.getByRole("region", { name: "Live now" });

/** Players and scores from the top; a note of a movement grows old by itself and is left out. */
const rowsText = (page: Page) =>
  liveNow(page)
    .locator("tr[data-user-id]")
    .evaluateAll((rows) =>
      rows
        .map((row) => `${row.getAttribute("data-user-id")} ${row.querySelector("th + td")?.textContent}`)
        .join(),
    );

test("the first five of a live contest move, and keep still under the pointer and the focus", async ({
  page,
}) => {
  await signIn(page);
  const table = liveNow(page).getByRole("table", { name: "Top of October Sprint" });
  await expect(table.getByRole("row")).toHaveCount(6);
  await expect(liveNow(page).getByRole("timer")).toHaveText(/^(\d+ days? )?\d\d:\d\d:\d\d left$/);
  const first = await rowsText(page);
  await expect.poll(() => rowsText(page), { timeout: 30_000 }).not.toBe(first);

  await table.hover();
  await expect(liveNow(page).getByText("Held while you read")).toBeVisible();
  const waiting = liveNow(page).getByRole("button", { name: /changes? waiting: show/ });
  const still = await rowsText(page);
  await expect(waiting).toBeVisible({ timeout: 30_000 });
  expect(await rowsText(page)).toBe(still);
  await page.mouse.move(5, 5);
  await expect(waiting).toBeHidden();

  await table.getByRole("link").first().focus();
  await expect(liveNow(page).getByText("Held while you read")).toBeVisible();
});

test("the board opens from it, and so does a player", async ({ page }) => {
  await signIn(page);
  await liveNow(page).getByRole("link", { name: "Open the board" }).click();
  await expect(page).toHaveURL(/\/contests\/t_october_sprint\/board$/);
  await page.goBack();
  const row = liveNow(page).locator("tr[data-user-id]").first();
  await row.hover();
  const userId = await row.getAttribute("data-user-id");
  await row.getByRole("link").click();
  await expect(page).toHaveURL(new RegExp(`/contests/t_october_sprint/board\\?find=${userId}$`));
});

test("a contest named in the address that is not live gives way to the first that is", async ({ page }) => {
  await signIn(page, "/?contest=spring_final");
  await expect(liveNow(page).getByRole("table", { name: "Top of October Sprint" })).toBeVisible();
});

test("while nothing is live it says so and leads to an example", async ({ page }) => {
  await signIn(page, emptyUrl);
  await expect(liveNow(page)).toContainText("No contest is live");
  await liveNow(page).getByRole("link", { name: "Start from an example" }).click();
  await expect(page.getByText("Ready to publish")).toBeVisible();
});

test("another live contest is chosen, and the address keeps it", async ({ page }) => {
  await signIn(page);
  await liveNow(page).getByRole("combobox", { name: "Contest to watch" }).click();
  await page.getByRole("option", { name: "مسابقهٔ نوروز" }).click();
  const table = liveNow(page).getByRole("table", { name: "Top of مسابقهٔ نوروز" });
  await expect(table.getByRole("row")).toHaveCount(6);
  await expect(page).toHaveURL(/\?contest=nowruz_race$/);
  await page.reload();
  await expect(table.getByRole("row")).toHaveCount(6);
});
