// Runs the benchmarks one package after the other and prints a table: each figure beside the yardstick that ran in the same process, and what we
// want of their ratio; then the whole way beside the limit of the machine. It fails when a benchmark is missing, never because of a figure: machines are noisy,
// people judge. With the argument way it measures the whole way alone.
import { spawnSync } from "node:child_process";
import { way } from "./way.mjs";

if (process.argv[2] === "way") {
  await way();
  process.exit();
}

const packages = [
  ["./server/board/memory", "1000000x"],
  ["./server/board/redis", "200000x"],
  ["./server/journal", "2s"],
  ["./server/rule", "1s"],
  ["./server/contest", "1s"],
  ["./server/event", "1s"],
  ["./server/realtime", "1s"],
  ["./server/telemetry", "1s"],
  ["./server/api", "1s"],
];

// what, benchmark, unit, yardstick's name, yardstick's benchmark, goal
const compared = [
  ["in-process board: update + rank, 1 M players", "Board/tie=16/engine/update+rank", "ns/op", "skip list with spans", "Board/tie=16/skiplist/update+rank", "≤ 1 500 ns"],
  ["in-process board: rank, 1 M players", "Board/tie=16/engine/rank", "ns/op", "skip list with spans", "Board/tie=16/skiplist/rank", "≤ 500 ns"],
  ["in-process board: memory of a player", "Board/tie=16/engine/update+rank", "B/player", "skip list with spans", "Board/tie=16/skiplist/update+rank", "≤ 120 B"],
  ["Redis board: players/s", "Apply/engine", "players/s", "bare script, pipelined", "Apply/bare/pipelined", "≥ 60 %"],
  ["Redis board: players/s, 50 boards a call", "Apply/engine/boards", "players/s", "bare script, a batch in one call", "Apply/bare/loop", "≥ 60 %"],
  ["journal append, SQLite, durable", "Append/sqlite/laurel", "events/s", "bare multi-row insert", "Append/sqlite/bare", "≥ 60 %"],
  ["journal append, Postgres, durable", "Append/postgres/laurel", "events/s", "bare multi-row insert", "Append/postgres/bare", "≥ 60 %"],
];

const found = new Map();
for (const [folder, time] of packages) {
  process.stderr.write(`${folder} …\n`);
  const run = spawnSync("go", ["test", "-run", "^$", "-bench", ".", "-benchtime", time, "-timeout", "20m", folder], { encoding: "utf8" });
  if (run.status !== 0) {
    process.stderr.write(run.stdout + run.stderr);
    process.exit(1);
  }
  for (const line of run.stdout.split("\n")) read(line);
}

function read(line) {
  const match = /^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+(.*)$/.exec(line);
  if (!match) return;
  const fields = match[2].trim().split(/\s+/);
  const figures = {};
  for (let i = 0; i + 1 < fields.length; i += 2) figures[fields[i + 1]] = Number(fields[i]);
  found.set(match[1], figures);
}

function figure(benchmark, unit) {
  const value = found.get(benchmark)?.[unit];
  if (value === undefined) {
    process.stderr.write(`no figure ${unit} of Benchmark${benchmark}; there are:\n${[...found.keys()].join("\n")}\n`);
    process.exit(1);
  }
  return value;
}

const show = (value) => value.toLocaleString("en", { maximumFractionDigits: value < 100 ? 1 : 0 });

console.log("| what | Laurel | yardstick, same run | ratio | wanted |\n|---|---:|---:|---:|---|");
const used = new Set();
for (const [what, ours, unit, name, theirs, goal] of compared) {
  const [mine, bare] = [figure(ours, unit), figure(theirs, unit)];
  used.add(ours).add(theirs);
  console.log(`| ${what} | ${show(mine)} ${unit} | ${show(bare)} (${name}) | ${((100 * mine) / bare).toFixed(0)} % | ${goal} |`);
}
console.log("\n| what else | figures |\n|---|---|");
for (const [name, figures] of found) {
  if (!used.has(name)) console.log(`| ${name} | ${Object.entries(figures).map(([unit, value]) => `${show(value)} ${unit}`).join(", ")} |`);
}
await way();
