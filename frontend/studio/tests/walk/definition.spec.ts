import { expect, type Page, test } from "@playwright/test";
import { replaceDefinition, signIn } from "./studio.ts";

async function publishNew(page: Page, id: string): Promise<void> {
  await page.goto("/contests/new");
  await replaceDefinition(page, (yaml) => yaml.replace("t_example_sprint", id));
  await expect(page.getByText("Ready to publish")).toBeVisible();
  await page.keyboard.press("Control+s");
  await expect(page).toHaveURL(new RegExp(`/contests/${id}$`));
}

test("a mistake shows at its line, and Ctrl S publishes once it is mended", async ({ page }) => {
  await signIn(page);
  await page.goto("/contests/new");
  await replaceDefinition(page, (yaml) =>
    yaml.replace("t_example_sprint", "t_walk").replace("n: 20", "n: 2000"),
  );
  const problem = page.getByRole("list", { name: "Problems" }).getByRole("button");
  await expect(problem).toContainText("leaderboard.n");
  await expect(page.locator(".cm-lintRange-error")).toHaveText("2000");
  await expect(page.getByRole("button", { name: "Publish" })).toBeDisabled();
  await problem.click();
  await page.keyboard.type("12");
  await expect(page.getByText("Ready to publish")).toBeVisible();
  await page.keyboard.press("Control+Enter");
  await expect(page).toHaveURL(/\/contests\/t_walk$/);
  await expect(page.getByRole("list", { name: "Life cycle" }).getByRole("listitem")).toHaveCount(4);
  await expect(page.getByRole("link", { name: "Widget demo" })).toHaveAttribute(
    "href",
    "/demo?contest=t_walk",
  );
});

test("who publishes over somebody else's version sees both and decides", async ({ page, context }) => {
  await signIn(page);
  await publishNew(page, "t_conflict");
  await page.getByRole("link", { name: "Edit" }).click();
  await replaceDefinition(page, (yaml) => yaml.replace("n: 20", "n: 11"));

  const other = await context.newPage();
  await other.goto("/contests/t_conflict/edit");
  await replaceDefinition(other, (yaml) => yaml.replace("n: 20", "n: 33"));
  await expect(other.getByText("Ready to publish")).toBeVisible();
  await other.keyboard.press("Control+s");
  await expect(other).toHaveURL(/\/contests\/t_conflict$/);
  await other.close();

  await expect(page.getByText("Ready to publish")).toBeVisible();
  await page.getByRole("button", { name: "Publish" }).click();
  const conflict = page.getByRole("alert");
  await expect(conflict).toContainText("Somebody published a newer version");
  await expect(conflict).toContainText("n: 33");
  await expect(conflict).toContainText("n: 11");
  await page.getByRole("button", { name: /Go on with mine/ }).click();
  await page.getByRole("button", { name: "Publish" }).click();
  await expect(page.getByRole("table", { name: "Versions" }).getByRole("row")).toHaveCount(4);

  await page.getByRole("link", { name: "Compare version 2 with the newest" }).click();
  const changes = page.getByRole("region", { name: "What changed since version 2" });
  await expect(changes.locator(".cm-changedText")).toHaveText(["33", "11"]);
  await changes.getByRole("link", { name: "Close" }).click();
  await expect(changes).toBeHidden();
});

test("changes are not lost without a question", async ({ page }) => {
  await signIn(page);
  await page.goto("/contests/new");
  await replaceDefinition(page, (yaml) => yaml.replace("n: 20", "n: 11"));
  const questions: string[] = [];
  page.on("dialog", (dialog) => {
    questions.push(dialog.message());
    void dialog.dismiss();
  });
  await page.getByRole("link", { name: "Pulse" }).click();
  await expect.poll(() => questions).toEqual(["Leave without publishing your changes?"]);
  await expect(page).toHaveURL(/\/contests\/new$/);
});
