// Takes a picture of each room and runs axe on it, against a server that already runs, such as `make run` with its demo traffic.
// `node tests/look/look.mjs --password … [--url http://127.0.0.1:8080] [--only board] [--scheme light] [--locale en] [--width 390]`
// Pictures go to tests/look/out. Ends with 1 when axe finds something.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import { chromium } from "@playwright/test";

const { values } = parseArgs({
  options: {
    url: { type: "string", default: "http://127.0.0.1:8080" },
    only: { type: "string", default: "" },
    scheme: { type: "string", default: "light" },
    locale: { type: "string", default: "en" },
    name: { type: "string", default: "admin" },
    password: { type: "string" },
    contest: { type: "string", default: "demo_spin_sprint" },
    width: { type: "string", default: "1360" },
  },
});
if (values.password === undefined)
  throw new Error("--password is missing: the server prints it at its start");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const out = new URL("./out/", import.meta.url).pathname;
mkdirSync(out, { recursive: true });

const contest = `/contests/${values.contest}`;
const rooms = [
  ["pulse", "/"],
  ["contests", "/contests"],
  ["contest", contest],
  ["versions", `${contest}?since=1`],
  ["board", `${contest}/board?find=u_11`],
  ["why", `${contest}/board?a=u_1&b=u_2`],
  ["history", `${contest}/board?at=1&top=10`],
  ["new", "/contests/new"],
  ["problems", "/contests/new"],
  ["palette", "/contests"],
  ["dead-letters", "/events/dead-letters"],
  ["conflicts", "/events/conflicts"],
  ["no-contest", "/contests/nowhere"],
  ["nowhere", "/nowhere"],
];

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await browser.newPage({
  viewport: { width: Number(values.width), height: 900 },
  colorScheme: values.scheme,
  locale: values.locale,
  timezoneId: "Europe/Stockholm",
});
page.on("console", (message) => {
  if (["error", "warning"].includes(message.type())) console.error(`  console: ${message.text()}`);
});
page.on("pageerror", (error) => console.error(`  page error: ${error.message}`));

let found = 0;
async function look(name) {
  await page.screenshot({
    path: `${out}${name}-${values.width}-${values.locale}-${values.scheme}.png`,
    fullPage: name !== "palette",
  });
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document));
  for (const { id, nodes } of violations) {
    found += nodes.length;
    for (const node of nodes.slice(0, 6))
      console.error(
        `  axe ${name}: ${id} ${node.target.join(" ")} ${node.any[0]?.message ?? node.failureSummary}`,
      );
  }
}

await page.goto(`${values.url}/contests`);
await page.locator('input[name="username"]').waitFor();
if (values.only === "" || values.only === "signin") await look("signin");
await page.locator('input[name="username"]').fill(values.name);
await page.locator('input[name="password"]').fill(values.password);
await page.keyboard.press("Enter");
await page.locator("#main").waitFor();
for (const [name, path] of rooms) {
  if (values.only !== "" && !values.only.split(",").includes(name)) continue;
  await page.goto(values.url + path);
  await page.waitForTimeout(1_800);
  if (name === "problems") {
    await page.locator(".cm-content").click();
    await page.keyboard.press("Control+End");
    await page.keyboard.type("\nleaderboard2:\n  type: wrong\n  n: 5000\n");
    await page.waitForTimeout(1_200);
  }
  if (name === "palette") {
    await page.keyboard.press("Control+k");
    await page.waitForTimeout(500);
  }
  await look(name);
  console.error(`${name}: ${await page.title()}`);
  if (name === "new" || name === "problems") await page.evaluate(() => window.onbeforeunload?.call(window));
}
await browser.close();
process.exitCode = found === 0 ? 0 : 1;
