import { contestYaml } from "./contest.ts";
import { expect, test } from "./laurel.ts";
import { fillSignIn, watch, write } from "./studio.ts";

test.use({ locale: "en-GB" });

test("who publishes over somebody else's version decides, and can go back", async ({
  page,
  context,
  laurel,
}) => {
  const failures = watch(page);
  await laurel.publish(contestYaml("merged", "First"));
  await laurel.signIn(context);
  await page.goto(`${laurel.url}/contests/merged/edit`);
  await write(page, contestYaml("merged", "Mine"));
  await laurel.publish(contestYaml("merged", "Theirs"));

  await expect(page.getByText("Ready to publish")).toBeVisible();
  await page.keyboard.press("Control+s");
  const conflict = page.getByRole("alert");
  await expect(conflict).toContainText("title: Theirs");
  await expect(conflict).toContainText("title: Mine");
  await page.getByRole("button", { name: /Go on with mine/ }).click();
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Mine" })).toBeVisible();
  await expect(page.getByRole("table", { name: "Versions" }).getByRole("row")).toHaveCount(4);

  await page.getByRole("link", { name: "Compare version 1 with the newest" }).click();
  const changes = page.getByRole("region", { name: "What changed since version 1" });
  await expect(changes).toContainText("title: First");
  await changes.getByRole("link", { name: "Go back to version 1…" }).click();
  await expect(page.locator(".cm-content")).toContainText("title: First");
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: "First" })).toBeVisible();
  await expect(page.getByText("Version 4 is published.")).toBeVisible();
  expect(failures).toEqual([]);
});

test("what is written is not lost: by a link, nor by a session that ends", async ({
  page,
  context,
  laurel,
}) => {
  await laurel.publish(contestYaml("kept", "Kept"));
  await laurel.signIn(context);
  await page.goto(`${laurel.url}/contests/kept/edit`);
  const publish = page.getByRole("button", { name: "Publish", exact: true });
  await expect(page.getByText("Ready to publish")).toBeVisible();
  await expect(publish).toBeDisabled();
  await write(page, contestYaml("kept", "My words"));
  await expect(publish).toBeEnabled();

  const questions: string[] = [];
  page.on("dialog", (dialog) => {
    questions.push(dialog.message());
    void dialog.dismiss();
  });
  await page.getByRole("link", { name: "Pulse" }).click();
  await expect.poll(() => questions).toEqual(["Leave without publishing your changes?"]);
  await expect(page).toHaveURL(/\/contests\/kept\/edit$/);

  // By key, wherever the focus is: the page may have found out by itself before.
  await context.clearCookies();
  await page.keyboard.press("Control+s");
  await expect(page.getByText("Your session ended.")).toBeVisible();
  await fillSignIn(page, laurel.operator);
  await expect(page).toHaveURL(/\/contests\/kept\/edit$/);
  await expect(page.getByText("What you wrote is back")).toBeVisible();
  await expect(page.locator(".cm-content")).toContainText("title: My words");
  await page.getByRole("button", { name: "Drop it" }).click();
  await expect(page.locator(".cm-content")).toContainText("title: Kept");
  await page.reload();
  await expect(page.locator(".cm-content")).toContainText("title: Kept");
  await expect(page.getByText("What you wrote is back")).toBeHidden();
  expect(questions).toHaveLength(1);
});
