import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, type Page } from "@playwright/test";
import type { AxeResults } from "axe-core";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Fails with what axe finds on the page as it is now, under the rules of WCAG 2.2 AA and axe's best practices. */
export async function expectAccessible(page: Page, name: string): Promise<void> {
  // A script tag would be refused by the pages' content security policy, which stays in force.
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(
    (): Promise<AxeResults> =>
      (globalThis as unknown as { axe: typeof import("axe-core") }).axe.run(document, {
        resultTypes: ["violations"],
      }),
  );
  const findings = violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}: ${node.target.join(" ")}: ${node.html.slice(0, 160)}`),
  );
  expect(findings, `axe on ${name}`).toEqual([]);
}
