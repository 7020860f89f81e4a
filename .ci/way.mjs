// Measures the whole way, HTTP in to socket out, beside the limit of the machine: the same rows appended and the same standings updated by bare SQL. The two take
// turns, each on empty databases, and the medians are printed. LAUREL_BIN=/path/to/laurel adds another binary to the turns, so that old and new stand in one table.
import { spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const turns = 3;
const seconds = 20;
const limitEvents = "400000x";
const startMillis = 60_000; // bounds how long a server may take to answer

const stacks = [
  ["Postgres + Redis", "postgres+redis", "≥ 65 %"],
  ["SQLite, boards in process", "sqlite", ""],
];

export async function way() {
  const binaries = ["bin/laurel", process.env.LAUREL_BIN].filter(Boolean);
  for (const binary of binaries) if (!existsSync(binary)) throw new Error(`there is no ${binary}: make build`);
  console.log(`\n| the whole way, ${seconds} s, median of ${turns} | binary | events/s | bare SQL, same run | share | wanted |\n|---|---|---:|---:|---:|---|`);
  for (const [what, stack, goal] of stacks) {
    const limits = [];
    const figures = binaries.map(() => []);
    for (let turn = 1; turn <= turns; turn++) {
      process.stderr.write(`the whole way, ${what}, turn ${turn} of ${turns} …\n`);
      limits.push(limit(stack));
      const order = [...binaries.entries()];
      if (turn % 2 === 0) order.reverse(); // none is always the first
      for (const [i, binary] of order) figures[i].push(await load(binary, stack));
    }
    const bare = median(limits);
    for (const [i, binary] of binaries.entries()) {
      const mine = median(figures[i]);
      console.log(`| ${what} | ${binary} | ${show(mine)} | ${show(bare)} | ${((100 * mine) / bare).toFixed(0)} % | ${goal} |`);
    }
  }
}

const show = (value) => Math.round(value).toLocaleString("en");
const median = (values) => values.toSorted((a, b) => a - b)[(values.length - 1) >> 1];

function limit(stack) {
  const pattern = `^BenchmarkLimit$/^${stack.replace("+", "\\+")}$`;
  const run = spawnSync("go", ["test", "-run", "^$", "-bench", pattern, "-benchtime", limitEvents, "./server/cmd/laurel/limit"], { encoding: "utf8" });
  const match = / ([0-9.]+) events\/s/.exec(run.stdout.replaceAll("\t", " "));
  if (run.status !== 0 || !match) throw new Error(run.stdout + run.stderr);
  return Number(match[1]);
}

// load runs a server on empty databases and laurel load against it, and returns the events a second that went the whole way.
async function load(binary, stack) {
  const folder = mkdtempSync(join(tmpdir(), "laurel-way-"));
  const processes = [];
  const start = (command, args, env) => {
    const child = spawn(command, args, { cwd: folder, stdio: "ignore", env: { ...process.env, ...env } });
    processes.unshift(child); // stopped in reverse
  };
  try {
    const settings = stack === "sqlite" ? { LAUREL_DATABASE_URL: `sqlite:${folder}/laurel.db` } : await startStores(folder, start);
    const address = `127.0.0.1:${await freePort()}`;
    const env = { ...process.env, ...settings };
    const program = resolve(binary);
    const key = output(program, ["token", "key", "bench", "--scopes", "admin,ingest,read"], env).trim();
    start(program, ["serve"], { ...settings, LAUREL_LISTEN: address, LAUREL_LOG_LEVEL: "error" });
    await answers(async () => (await fetch(`http://${address}/readyz`)).ok);
    const report = join(folder, "report.json");
    output(program, ["load", "--url", `http://${address}`, "--key", key, "--rate", "0", "--duration", `${seconds}s`, "--report", report], env);
    return JSON.parse(readFileSync(report, "utf8")).scored_per_second;
  } finally {
    for (const child of processes) await stop(child);
    rmSync(folder, { recursive: true, force: true });
  }
}

// startStores starts an empty Postgres that syncs each commit, set as for the limit, and an empty Redis.
async function startStores(folder, start) {
  const root = process.getuid() === 0;
  const data = join(folder, "postgres");
  mkdirSync(data);
  const bin = postgresBin();
  const asOwner = root ? ["runuser", "-u", "postgres", "--"] : [];
  if (root) {
    const [uid, gid] = ["-u", "-g"].map((flag) => Number(output("id", [flag, "postgres"])));
    for (const path of [folder, data]) chownSync(path, uid, gid);
  }
  const line = (name, ...args) => [...asOwner, join(bin, name), ...args];
  const [initdb, ...initArgs] = line("initdb", "-D", data, "-U", "laurel", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync");
  output(initdb, initArgs);
  const port = await freePort();
  const [postgres, ...args] = line("postgres", "-D", data, "-k", folder, "-p", port, "-c", "listen_addresses=", "-c", "max_connections=1000", "-c", "shared_buffers=128MB");
  start(postgres, args);
  const redis = await freePort();
  start("redis-server", ["--port", `${redis}`, "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no"]);
  await answers(() => spawnSync(join(bin, "pg_isready"), ["-h", folder, "-p", port]).status === 0);
  return { LAUREL_DATABASE_URL: `postgres://laurel@/postgres?host=${folder}&port=${port}`, LAUREL_REDIS_URL: `redis://127.0.0.1:${redis}` };
}

function postgresBin() {
  const folders = existsSync("/usr/lib/postgresql") ? readdirSync("/usr/lib/postgresql").sort() : [];
  if (folders.length > 0) return `/usr/lib/postgresql/${folders.at(-1)}/bin`;
  return join(output("which", ["postgres"]).trim(), "..");
}

function output(command, args, env = process.env) {
  const run = spawnSync(command, args, { encoding: "utf8", env });
  if (run.status !== 0) throw new Error(`${command} ${args[0]}: ${run.error ?? run.stdout + run.stderr}`);
  return run.stdout;
}

async function answers(ask) {
  for (const end = Date.now() + startMillis; ; await sleep(50)) {
    const ready = await Promise.resolve().then(ask).catch(() => false);
    if (ready) return;
    if (Date.now() > end) throw new Error("a server did not answer in time");
  }
}

function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return undefined;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  return ended;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
