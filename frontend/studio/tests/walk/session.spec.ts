import { expect, test } from "@playwright/test";
import { emptyUrl, signIn } from "./studio.ts";

test("a link leads through sign-in to where it points, and sign-out ends the session", async ({ page }) => {
  await page.goto("/contests?state=final");
  await expect(page).toHaveURL(/\/signin\?to=/);
  await page.getByLabel("Name", { exact: true }).fill("dev");
  await page.getByLabel("Password", { exact: true }).fill("wrong");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toContainText("Name or password is wrong.");
  await page.getByLabel("Password", { exact: true }).fill("dev");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/contests\?state=final$/);
  await expect(page.getByRole("table", { name: "Contests" }).getByRole("row")).toHaveCount(2);

  await page.getByRole("button", { name: /Signed in as/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/signin$/);
  await page.goto("/contests");
  await expect(page).toHaveURL(/\/signin/);
});

test("a session that ends meanwhile leads back to sign-in", async ({ page, context }) => {
  await signIn(page);
  await context.clearCookies();
  await page.goto("/contests/t_october_sprint");
  await expect(page).toHaveURL(/\/signin\?to=%2Fcontests%2Ft_october_sprint/);
});

test("nothing there yet: each room says what to do", async ({ page }) => {
  await signIn(page, emptyUrl);
  await expect(page.getByRole("region", { name: "Send a first event" })).toContainText("curl -X POST");
  await page.getByRole("link", { name: "Contests", exact: true }).click();
  await page.getByRole("link", { name: "Start from an example" }).click();
  await expect(page.getByText("Ready to publish")).toBeVisible();
});

test("the palette goes anywhere by keyboard", async ({ page }) => {
  await signIn(page);
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("textbox", { name: "Go to" })).toBeFocused();
  await page.keyboard.type("spring board");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/contests\/spring_final\/board$/);
  await expect(page.getByText("Result hash")).toBeVisible();
});

test("language and direction change at once and stay", async ({ page }) => {
  await signIn(page);
  await page.getByRole("button", { name: "Language" }).click();
  await page.getByRole("menuitem", { name: "فارسی" }).click();
  await expect(page.locator("html")).toHaveAttribute("dir", "rtl");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("نبض");
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("نبض");
  await expect(page).toHaveTitle("نبض · Laurel");
});
