// Counts what a test run did, from the machine-readable report of its runner, and fails when a test was skipped: one
// that did not run has proved nothing. Usage: totals.mjs go|vitest|playwright REPORT, or totals.mjs all FOLDER SECONDS.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const readers = { go: readGo, vitest: readVitest, playwright: readPlaywright };

function readGo(text) {
  const count = { passed: 0, failed: 0, skipped: [] };
  for (const line of text.split("\n")) {
    if (!line.startsWith("{")) continue;
    const { Action: action, Package: pkg, Test: test } = JSON.parse(line);
    if (!test) continue; // a package without tests reports itself as skipped
    if (action === "pass") count.passed++;
    if (action === "fail") count.failed++;
    if (action === "skip") count.skipped.push(`${pkg} ${test}`);
  }
  return count;
}

function readVitest(text) {
  const count = { passed: 0, failed: 0, skipped: [] };
  for (const { assertionResults } of JSON.parse(text).testResults) {
    for (const { status, fullName } of assertionResults) {
      if (status === "passed") count.passed++;
      else if (status === "failed") count.failed++;
      else count.skipped.push(fullName);
    }
  }
  return count;
}

function readPlaywright(text) {
  const count = { passed: 0, failed: 0, skipped: [] };
  const visit = (suite) => {
    for (const spec of suite.specs ?? []) {
      for (const { status } of spec.tests) {
        if (status === "expected") count.passed++;
        else if (status === "skipped") count.skipped.push(spec.title);
        else count.failed++;
      }
    }
    suite.suites?.forEach(visit);
  };
  JSON.parse(text).suites.forEach(visit);
  return count;
}

function readerFor(file) {
  if (file.endsWith("go.jsonl")) return readers.go;
  return file.endsWith("e2e.json") ? readers.playwright : readers.vitest;
}

function report(name, { passed, failed, skipped }, seconds) {
  const time = seconds === undefined ? "" : ` in ${seconds}s`;
  console.log(`${name} ${passed + failed + skipped.length} tests, ${failed} failed, ${skipped.length} skipped${time}`);
  for (const title of skipped) console.error(`skipped: ${title}`);
  if (passed === 0 || failed > 0 || skipped.length > 0) process.exitCode = 1;
}

const [kind, path, seconds] = process.argv.slice(2);
if (kind === "all") {
  const sum = { passed: 0, failed: 0, skipped: [] };
  for (const file of readdirSync(path)) {
    const { passed, failed, skipped } = readerFor(file)(readFileSync(join(path, file), "utf8"));
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped.push(...skipped);
  }
  report("DONE", sum, seconds);
} else {
  report(kind, readers[kind](readFileSync(path, "utf8")));
}
