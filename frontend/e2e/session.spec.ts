import { expect, test } from "./laurel.ts";
import { fillSignIn } from "./studio.ts";

test.use({ locale: "en-GB" });

test("a link leads through sign-in to where it points, and sign-out ends the session", async ({
  page,
  laurel,
}) => {
  await page.goto(`${laurel.url}/contests?state=live`);
  await expect(page).toHaveURL(/\/signin\?to=/);
  await fillSignIn(page, laurel.operator);
  await expect(page).toHaveURL(/\/contests\?state=live$/);
  await page.getByRole("button", { name: /Signed in as/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/signin$/);
  await page.goBack();
  await expect(page).toHaveURL(/\/signin/);
});

test("the palette goes anywhere by keyboard", async ({ page, context, laurel }) => {
  await laurel.signIn(context);
  await page.goto(laurel.url);
  await expect(page.getByRole("heading", { level: 1, name: "Pulse" })).toBeVisible();
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("textbox", { name: "Go to" })).toBeFocused();
  await page.keyboard.type("spin sprint board");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/contests\/demo_spin_sprint\/board$/);
});

test("an address that leads nowhere says so, and leads on", async ({ page, context, laurel }) => {
  await laurel.signIn(context);
  for (const room of ["", "/board", "/edit"]) {
    await page.goto(`${laurel.url}/contests/no_such_contest${room}`);
    await expect(page.getByRole("heading", { level: 1 })).toContainText("no_such_contest");
    await expect(page.getByRole("link", { name: "To the contests" })).toBeVisible();
  }
  const answer = await page.goto(`${laurel.url}/no_such_room`);
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("There is nothing at this address");
});
