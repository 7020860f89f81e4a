import { contestYaml, round } from "./contest.ts";
import { expect, test } from "./laurel.ts";
import { boardUsers, expectBoard, fillSignIn } from "./studio.ts";

test.use({ locale: "en-GB" });

// What takes time or takes the server away comes last.
test.describe.configure({ mode: "serial" });

test("history is walked by keyboard and left again", async ({ page, context, laurel }) => {
  await laurel.signIn(context);
  // A board is kept every 30 seconds while something changes. The first test of all left one; by itself, this one has to wait.
  const known = await fetch(`${laurel.url}/v1/leaderboards/held`);
  if (!known.ok) {
    await laurel.publish(contestYaml("held", "Race held", undefined, "HELD"));
    await laurel.post([round("u_held_a", 7, "HELD")]);
  }
  await page.goto(`${laurel.url}/contests/held/board`);
  const thumb = page.getByRole("slider", { name: "Board kept at" });
  await expect(thumb).toBeVisible({ timeout: 60_000 });
  await thumb.focus();
  await page.keyboard.press("ArrowLeft");
  await expect(page).toHaveURL(/at=[0-9]+$/);
  await expect(page.getByText(/The board as it was at/)).toBeVisible();
  await page.getByRole("button", { name: "Back to now" }).click();
  await expect(page).not.toHaveURL(/at=/);
});

test("a server that goes away is said, the board stays, and all goes on once it is back", async ({
  page,
  context,
  laurel,
}) => {
  await laurel.publish(contestYaml("time", "Time", undefined, "TIME"));
  await laurel.post([round("u_time_a", 7, "TIME"), round("u_time_b", 3, "TIME")]);
  await laurel.signIn(context);
  await page.goto(`${laurel.url}/contests/time/board`);
  await expectBoard(page, ["u_time_a", "u_time_b"]);
  await expect(page.getByText("Connected", { exact: true })).toBeVisible();
  await laurel.stop();
  await expect(page.getByText("The connection broke; trying again.")).toBeVisible({ timeout: 30_000 });
  expect(await boardUsers(page)).toEqual(["u_time_a", "u_time_b"]);

  // In dev each start has sessions of its own: the page leads to the sign-in by itself, and from there back.
  await laurel.start();
  await expect(page.getByText("Your session ended.")).toBeVisible({ timeout: 60_000 });
  await fillSignIn(page, laurel.operator);
  await expect(page).toHaveURL(/\/contests\/time\/board$/);
  await expectBoard(page, ["u_time_a", "u_time_b"]);
  await laurel.post([round("u_time_b", 9, "TIME")]);
  await expectBoard(page, ["u_time_b", "u_time_a"]);
});
