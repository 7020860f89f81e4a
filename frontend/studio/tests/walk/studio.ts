import { expect, type Page } from "@playwright/test";

export const emptyUrl = "http://127.0.0.1:18232";

/** Signs in on the page that is open, or on the one given. */
export async function signIn(page: Page, path = "/"): Promise<void> {
  await page.goto(path);
  await page.getByLabel("Name", { exact: true }).fill("dev");
  await page.getByLabel("Password", { exact: true }).fill("dev");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("button", { name: /Signed in as/ })).toBeVisible();
  // The pointer still stands where the button was, which may be over a board and would hold it.
  await page.mouse.move(5, 5);
}

/** User ids of the main board, from the top. */
export function boardUsers(page: Page): Promise<(string | undefined)[]> {
  return page
    .getByRole("table", { name: /^Board of/ })
    .locator("tr[data-user-id]")
    .evaluateAll((rows) => rows.map((row) => (row instanceof HTMLElement ? row.dataset.userId : undefined)));
}

/** Scores of the main board as one text, to see whether anything changed. */
export function boardText(page: Page): Promise<string | null> {
  return page
    .getByRole("table", { name: /^Board of/ })
    .locator("tbody")
    .textContent();
}

export async function replaceDefinition(page: Page, change: (yaml: string) => string): Promise<void> {
  const editor = page.getByRole("textbox", { name: "Definition in YAML" });
  await expect(editor).toContainText("kind: Contest");
  const lines = await editor.locator(".cm-line").allInnerTexts();
  await editor.click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(change(lines.map((line) => line.replace(/\n$/, "")).join("\n")));
}
