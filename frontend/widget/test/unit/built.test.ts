import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { demoTexts } from "../../demo/demo-catalogue.js";
import { builtDir } from "../built.js";

const mostGzippedBytes = 25_000;
const read = (name: string) => readFileSync(join(builtDir, name), "utf8");

describe("the built widget", () => {
  it("is one file that imports nothing", () => {
    expect(readdirSync(builtDir).sort()).toEqual([
      ".gitkeep",
      "demo.css",
      "demo.html",
      "demo.js",
      "laurel.js",
    ]);
    expect(read("laurel.js").match(/\bimport\s*["'({*]|\bfrom\s*["']/)).toBeNull();
  });

  it("is at most 25 kB gzipped", () => {
    const bytes = gzipSync(readFileSync(join(builtDir, "laurel.js")), { level: 9 }).length;
    expect(bytes).toBeLessThanOrEqual(mostGzippedBytes);
    // A file that lost its content would be small too.
    expect(bytes).toBeGreaterThan(8_000);
  });

  it("carries neither the protobuf runtime nor Lit's development build", () => {
    expect(read("laurel.js").match(/laurel\/v1\/realtime\.proto|\$typeName|Lit is in dev mode/)).toBeNull();
  });

  it("needs no eval and writes no inline style or script, so a strict content policy holds", () => {
    expect(read("laurel.js").match(/\beval\(|new Function\(|\sstyle="/)).toBeNull();
    expect(read("demo.html").match(/\sstyle="|\son\w+="|<script(?![^>]*\ssrc=)|<style/)).toBeNull();
  });
});

describe("demo.html", () => {
  it("says in English what the catalogue says, before any script runs", () => {
    const found = [...read("demo.html").matchAll(/data-text="(\w+)"[^>]*>([^<]*)/g)];
    expect(found.length).toBeGreaterThan(15);
    for (const [, name, text] of found) {
      expect(text?.replace(/\s+/g, " ").trim()).toBe(demoTexts.en[name as keyof typeof demoTexts.en]);
    }
  });
});
