// Completes frontend/package-lock.json. npm leaves the packages of other platforms out of the lock when it can't see them
// (an installed node_modules, a registry that lacks them), and then `npm ci` refuses the lock everywhere. Each optional
// dependency with an exact version that has no entry gets one. Run it after `npm install`; running it twice changes nothing.
import { readFileSync, writeFileSync } from "node:fs";

const path = new URL("../frontend/package-lock.json", import.meta.url);
const systems = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const processors = ["arm", "arm64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64"];
const otherNames = { windows: "win32", armv7: "arm", aarch64: "arm64", ppc64le: "ppc64" };

const lock = JSON.parse(readFileSync(path, "utf8"));
const added = {};
for (const [place, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (!/^\d/.test(version) || resolves(place, name)) continue;
    added[`node_modules/${name}`] = { version, ...platform(name), optional: true, ...(entry.dev ? { dev: true } : {}) };
  }
}
const { "": root, ...packages } = lock.packages;
const byPlace = ([a], [b]) => a.localeCompare(b, "en");
lock.packages = { "": root, ...Object.fromEntries(Object.entries({ ...packages, ...added }).sort(byPlace)) };
if (Object.keys(added).length > 0) writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${Object.keys(added).length} entries added`);

/** Says whether the lock has the package where Node would look for it, from the place of the package that wants it. */
function resolves(place, name) {
  for (let folder = place; ; folder = folder.replace(/\/?node_modules\/(@[^/]+\/)?[^/]+$/, "")) {
    if (lock.packages[`${folder ? `${folder}/` : ""}node_modules/${name}`]) return true;
    if (folder === "" || !folder.includes("node_modules")) return Boolean(lock.packages[`node_modules/${name}`]);
  }
}

/** Reads the platform from the package's name, as in @biomejs/cli-linux-arm64-musl. */
function platform(name) {
  const words = name.split(/[^a-z0-9]+/).map((word) => otherNames[word] ?? word);
  const os = systems.find((system) => words.includes(system));
  const cpu = processors.find((processor) => words.includes(processor));
  if (!os || !cpu) throw new Error(`${name}: no platform in its name; add its entry by hand`);
  if (os !== "linux") return { cpu: [cpu], os: [os] };
  return { cpu: [cpu], libc: [words.some((word) => word.startsWith("musl")) ? "musl" : "glibc"], os: [os] };
}
