import type { Page } from "@playwright/test";
import { expectAccessible } from "./accessibility.ts";
import { contestYaml, lineOf, round } from "./contest.ts";
import { expect, type Laurel, test } from "./laurel.ts";
import { expectBoard, watch, write } from "./studio.ts";
import { languages, type Words, wordsOf } from "./words.ts";

for (const language of languages) {
  test.describe(`in ${language.tag}`, () => {
    test.use({ locale: language.tag });

    test("an operator publishes a contest and sees players move", async ({ page, context, laurel }) => {
      const words = wordsOf(language);
      const failures = watch(page);
      const id = `e2e_${language.locale}`;
      const players = { steady: `u_steady_${language.locale}`, late: `u_late_${language.locale}` };

      await test.step("signs in", () => signIn(page, laurel, words));
      await expect(page.locator("html")).toHaveAttribute("dir", language.direction);
      await expect(page.locator("html")).toHaveAttribute("lang", language.locale);
      await test.step("publishes from YAML", () => publish(page, words, id));

      await page.getByRole("link", { name: words.say("Live board"), exact: true }).click();
      await expect(page.getByText(words.say("Nobody has scored yet"))).toBeVisible();
      await expectAccessible(page, "an empty live board");

      const widget = await context.newPage();
      const widgetFailures = watch(widget);
      await widget.goto(`${laurel.url}/demo?contest=${id}&locale=${language.locale}&player=${players.late}`);
      await expect(widget.locator("html")).toHaveAttribute("dir", language.direction);

      await test.step("sees players come in", async () => {
        await laurel.post([round(players.steady, 7), round(players.late, 3)]);
        await expectBoard(page, [players.steady, players.late]);
        await expectWidget(widget, await namesOf(page));
        await expect(widget.locator("[part='own']")).toContainText(words.count(2));
        await expectAccessible(page, "the live board");
        await expectAccessible(widget, "the demo page with the widget");
      });

      await test.step("sees one overtake the other", async () => {
        await laurel.post([round(players.late, 9)]);
        await expectBoard(page, [players.late, players.steady]);
        const up = words.say("up {count}", { count: words.count(1) });
        await expect(page.locator(`tr[data-user-id="${players.late}"]`).getByLabel(up)).toBeVisible();
        await expectWidget(widget, await namesOf(page));
        await expect(widget.locator("[part~='row-own']")).toHaveCount(1);
        await expect(widget.locator("[part='own']")).toContainText(words.count(1));
      });

      await test.step("asks why", async () => {
        for (const player of [players.late, players.steady]) {
          await page.locator(`tr[data-user-id="${player}"]`).getByRole("checkbox").check();
        }
        await expect(page.getByRole("table", { name: words.say("Values of the order") })).toBeVisible();
        await expectAccessible(page, "why one stands above another");
      });

      expect(failures.concat(widgetFailures)).toEqual([]);
    });
  });
}

test("the language can be changed without a reload", async ({ page, context, laurel }) => {
  const english = wordsOf({ locale: "en", tag: "en-GB", direction: "ltr" });
  const persian = wordsOf({ locale: "fa", tag: "fa-IR", direction: "rtl" });
  await laurel.signIn(context);
  await page.goto(laurel.url);
  await page.getByRole("button", { name: english.say("Language") }).click();
  await page.getByRole("menuitem", { name: "فارسی" }).click();
  await expect(page.getByRole("heading", { level: 1, name: persian.say("Pulse") })).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("dir", "rtl");
  await page.reload();
  await expect(page.getByRole("heading", { level: 1, name: persian.say("Pulse") })).toBeVisible();
});

async function signIn(page: Page, laurel: Laurel, words: Words): Promise<void> {
  await page.goto(laurel.url);
  await expect(page.getByRole("heading", { name: words.say("Sign in to Laurel") })).toBeVisible();
  await expectAccessible(page, "the sign-in");
  const submit = page.getByRole("button", { name: words.say("Sign in"), exact: true });
  const password = page.getByLabel(words.say("Password"), { exact: true });
  await page.getByLabel(words.say("Name"), { exact: true }).fill(laurel.operator.name);
  await password.fill(`not ${laurel.operator.password}`);
  await submit.click();
  await expect(page.getByRole("alert")).toContainText(words.say("Name or password is wrong."));
  await password.fill(laurel.operator.password);
  await submit.click();
  await expect(page.getByRole("heading", { level: 1, name: words.say("Pulse") })).toBeVisible();
  await expectAccessible(page, "Pulse");
}

/** Writes a contest with a mistake, sees it at its line, mends it and publishes. Ends on the contest's page. */
async function publish(page: Page, words: Words, id: string): Promise<void> {
  await page.getByRole("link", { name: words.say("Contests"), exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: words.say("Contests") })).toBeVisible();
  await expectAccessible(page, "the list of contests");
  await page.getByRole("link", { name: words.say("New contest") }).click();

  await expect(page.getByRole("textbox", { name: words.say("Definition in YAML") })).toBeVisible();
  const wrong = contestYaml(id, `Race ${id}`, "win.amonut / bet.amount");
  const line = lineOf(wrong, "formula");
  await write(page, wrong);
  const problem = page
    .getByRole("list", { name: words.say("Problems") })
    .getByRole("button", { name: words.say("Line {line}", { line: words.count(line) }) });
  await expect(problem).toContainText("amonut");
  await expect(page.locator(".cm-lintRange-error")).toContainText("amonut");
  await expect(page.getByRole("button", { name: words.say("Publish"), exact: true })).toBeDisabled();
  await expectAccessible(page, "the editor with a problem");
  await problem.click();
  await expect(page.locator(".cm-activeLine")).toContainText("amonut");

  await write(page, contestYaml(id, `Race ${id}`, "win.amount / bet.amount"));
  await expect(page.getByText(words.say("Ready to publish"))).toBeVisible();
  await page.getByRole("button", { name: words.say("Publish"), exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`/contests/${id}$`));
  await expect(page.getByRole("heading", { level: 1, name: `Race ${id}` })).toBeVisible();
  await expect(
    page.getByText(words.say("Version {version} is published.", { version: words.count(1) })),
  ).toBeVisible();
  await expectAccessible(page, "a contest");
}

function namesOf(page: Page): Promise<string[]> {
  return page.locator("tr[data-user-id] th bdi:first-child").allInnerTexts();
}

/** Names in the widget, from the top; they are the public ones that the studio shows beside the user id. */
async function expectWidget(widget: Page, names: readonly string[]): Promise<void> {
  await expect
    .poll(() => widget.locator("laurel-leaderboard [data-key] [part='name']").allInnerTexts())
    .toEqual(names);
}
