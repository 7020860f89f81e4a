import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "@playwright/test";

const executablePath = process.env.LAUREL_CHROMIUM ?? "/usr/bin/chromium";

/** openBrowser starts the machine's own Chromium. */
export async function openBrowser(): Promise<Browser> {
  if (!existsSync(executablePath)) {
    throw new Error(
      `${executablePath} is missing: apt-get install -y chromium, or set LAUREL_CHROMIUM to a Chromium`,
    );
  }
  return await chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

/** Opened is a page with everything it complained about. */
export interface Opened {
  readonly page: Page;
  readonly complaints: string[];
}

/** openPage opens an address in a context of its own and collects errors, refused content and failed requests. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Opened> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 1000 },
    locale: "en-GB",
    ...options,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.goto(url);
  return { page, complaints };
}

/** shotPath is where a picture of this run is kept for a look. */
export const shotPath = (name: string): string =>
  new URL(`../../test-results/shots/${name}.png`, import.meta.url).pathname;
