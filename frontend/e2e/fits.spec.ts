import type { Page } from "@playwright/test";
import { contestYaml, round } from "./contest.ts";
import { expect, test } from "./laurel.ts";

/** What sticks out: of the page sideways, and words out of the buttons that hold them. */
function findings(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const over = document.documentElement.scrollWidth - window.innerWidth;
    if (over > 0) {
      const widest = [...document.querySelectorAll("#main *, main *")].filter(
        (element) =>
          element.scrollWidth > element.clientWidth && getComputedStyle(element).display !== "inline",
      );
      found.push(`the page is ${over} px too wide: ${widest.at(-1)?.outerHTML.slice(0, 200)}`);
    }
    for (const button of document.querySelectorAll("button, a, select")) {
      if (!button.checkVisibility({ visibilityProperty: true })) continue;
      const { left, right, width } = button.getBoundingClientRect();
      const scrolled = button.closest("[data-scrolls], .cm-editor, pre, code") !== null;
      if (width > 1 && !scrolled && (left < -1 || right > window.innerWidth + 1)) {
        found.push(`${button.textContent?.slice(0, 40)} sticks out: ${left} to ${right}`);
      }
      const label = button.querySelector("span.mantine-Button-label");
      if (label !== null && label.scrollWidth > label.clientWidth + 1)
        found.push(`${label.textContent} is cut`);
    }
    return found;
  });
}

test.use({ locale: "fa-IR" });

test("every room fits a desk, a tablet and a phone, whatever it shows", async ({ page, context, laurel }) => {
  const title = "مسابقهٔ یک عنوان بسیار بسیار بلند that leads out of any page if it is let";
  await laurel.publish(contestYaml("fits", title, "win.amount * 1000000.0", "FITS"));
  const players = ["u_fits_1", `u_fits_${"x".repeat(120)}`];
  await laurel.post(players.map((player) => round(player, 700, "FITS")));
  await laurel.signIn(context);
  for (const room of [
    "/",
    "/contests",
    "/contests/fits",
    `/contests/fits/board?a=${players[0]}&b=${players[1]}`,
    "/contests/fits/edit",
    "/events/conflicts",
    `/demo?contest=fits&player=${players[0]}`,
  ]) {
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.goto(laurel.url + room);
    await expect(
      page.getByText(room.startsWith("/events") ? "تعارض‌ها" : "مسابقهٔ یک عنوان").first(),
    ).toBeAttached();
    for (const width of [1280, 820, 390]) {
      await page.setViewportSize({ width, height: 800 });
      await expect.poll(() => findings(page), { message: `${room} at ${width} px` }).toEqual([]);
    }
  }
});
