import { expectAccessible } from "./accessibility.ts";
import { contestYaml, round } from "./contest.ts";
import { expect, test } from "./laurel.ts";
import { watch } from "./studio.ts";
import { languages, wordsOf } from "./words.ts";

// One after the other: the first needs a server on which nothing was refused yet, the others what it leaves.
test.describe.configure({ mode: "serial" });

test.describe("in English", () => {
  test.use({ locale: "en-GB" });

  test("while nothing was refused, both lists teach what they are", async ({ page, context, laurel }) => {
    await laurel.signIn(context);
    await page.goto(`${laurel.url}/events/dead-letters`);
    await expect(page.getByRole("heading", { name: "No dead letter so far" })).toBeVisible();
    await expectAccessible(page, "no dead letters");
    await page.getByRole("link", { name: "Conflicts", exact: true }).click();
    await expect(page.getByRole("heading", { name: "No conflict so far" })).toBeVisible();
  });

  test("Pulse leads to what was refused and to what could not be scored", async ({
    page,
    context,
    laurel,
  }) => {
    const failures = watch(page);
    await laurel.publish(contestYaml("poison", "Poison", "win.amount / (bet.amount - 1.0)", "POISON"));
    await laurel.post([round("u_1", 2, "POISON", "e_dead"), round("u_1", 5, "REVIEW", "e_twice")]);
    await laurel.postRefused(round("u_1", 9, "REVIEW", "e_twice"));

    await laurel.signIn(context);
    await page.goto(laurel.url);
    // The figure beside it may be 1 before this one is.
    await page.locator('dd a[href$="/events/dead-letters"]').filter({ hasText: /^1$/ }).click();
    await expect(page).toHaveURL(/\/events\/dead-letters$/);
    await page.getByLabel("Find").fill("e_dead");
    await page.getByRole("link", { name: "e_dead" }).click();
    const letter = page.getByRole("region", { name: /^Dead letter .*e_dead/ });
    await expect(letter).toContainText("division by zero");
    await expect(letter).toContainText("u_1");
    const row = page.getByRole("row", { name: /e_dead/ });
    await expect(row).toContainText("u_1 · poison");
    expect(await row.textContent(), "ids are copied as they are").not.toMatch(/[\u2066-\u2069]/);
    await expectAccessible(page, "a dead letter");
    await letter.getByRole("link", { name: "poison" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Poison" })).toBeVisible();

    await page.goto(`${laurel.url}/events/conflicts`);
    await page.getByRole("link", { name: "e_twice" }).click();
    const contents = page.getByRole("table", { name: "Both contents" });
    await expect(contents.getByRole("row", { name: /win\.amount_minor/ })).toContainText("500");
    await expect(contents.getByRole("row", { name: /win\.amount_minor/ })).toContainText("900");
    await expect(contents).not.toContainText("bet.amount_minor");
    await page.getByRole("checkbox", { name: "Show equal fields too" }).check();
    await expect(contents).toContainText("bet.amount_minor");
    await expectAccessible(page, "a conflict");

    // A new one waits until it is asked for; nothing moves meanwhile.
    await laurel.postRefused(round("u_2", 1, "REVIEW", "e_twice"));
    const waiting = page.getByRole("button", { name: "1 new: show" });
    await expect(waiting).toBeVisible();
    await expect(page.getByRole("link", { name: "e_twice" })).toHaveCount(1);
    await waiting.click();
    await expect(page.getByRole("link", { name: "e_twice" })).toHaveCount(2);
    await page.getByLabel("Find").fill("nothing like it");
    await expect(page.getByRole("heading", { name: "No event matches" })).toBeVisible();
    await page.goBack();
    await expect(page.getByRole("region", { name: /^Conflict of/ })).toBeHidden();
    expect(failures).toEqual([]);
  });
});

for (const language of languages.filter(({ locale }) => locale !== "en")) {
  test.describe(`in ${language.tag}`, () => {
    test.use({ locale: language.tag });

    test("a conflict is shown side by side", async ({ page, context, laurel }) => {
      const words = wordsOf(language);
      await laurel.signIn(context);
      await page.goto(`${laurel.url}/events/conflicts`);
      await expect(page.getByRole("heading", { level: 1, name: words.say("Conflicts") })).toBeVisible();
      await page.getByRole("link", { name: "e_twice" }).last().click();
      const contents = page.getByRole("table", { name: words.say("Both contents") });
      await expect(contents.getByRole("row", { name: /win\.amount_minor/ })).toContainText("900");
      await expectAccessible(page, `a conflict in ${language.tag}`);
    });
  });
}
