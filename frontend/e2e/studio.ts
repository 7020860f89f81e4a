import { expect, type Page } from "@playwright/test";

/** Fills in and sends the sign-in form that the page shows, in English. */
export async function fillSignIn(
  page: Page,
  operator: { readonly name: string; readonly password: string },
): Promise<void> {
  await page.getByLabel("Name", { exact: true }).fill(operator.name);
  await page.getByLabel("Password", { exact: true }).fill(operator.password);
  await page.keyboard.press("Enter");
}

/** Puts a document in place of what the editor holds. */
export async function write(page: Page, document: string): Promise<void> {
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(document);
}

/** Players on the studio's live board, from the top, by user id. */
export function boardUsers(page: Page): Promise<(string | undefined)[]> {
  return page.locator("tr[data-user-id]").evaluateAll((rows) => rows.map((row) => row.dataset.userId));
}

export async function expectBoard(page: Page, users: readonly string[]): Promise<void> {
  await expect.poll(() => boardUsers(page)).toEqual(users);
}

/** Collects what a page throws, and what its own content security policy refuses. */
export function watch(page: Page): string[] {
  const failures: string[] = [];
  page.on("pageerror", (error) => failures.push(`${page.url()}: ${error.message}`));
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) failures.push(`${page.url()}: ${message.text()}`);
  });
  return failures;
}
