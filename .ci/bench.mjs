// Reads `go test -bench` from standard input, passes it on, and ends with a table: each figure beside the yardstick that was measured
// in the same run. A pair whose benchmark is missing fails, so that a renamed one doesn't drop out in silence.
import { createInterface } from "node:readline";

// better: which way is good. unit: the column of `go test` that is compared.
const pairs = [
  { name: "board in process: update and rank, 1 000 000 players", ours: "Board/tie=16/engine/update+rank", yardstick: "Board/tie=16/skiplist/update+rank", against: "skip list", unit: "ns/op", better: "less" },
  { name: "board in process: rank", ours: "Board/tie=16/engine/rank", yardstick: "Board/tie=16/skiplist/rank", against: "skip list", unit: "ns/op", better: "less" },
  { name: "board in process: memory", ours: "Board/tie=16/engine/rank", yardstick: "Board/tie=16/skiplist/rank", against: "skip list", unit: "B/player", better: "less" },
  { name: "board in Redis: one board", ours: "Apply/engine", yardstick: "Apply/bare/loop", against: "bare script", unit: "players/s", better: "more" },
  { name: "board in Redis: 50 boards", ours: "Apply/engine/boards", yardstick: "Apply/bare/loop", against: "bare script", unit: "players/s", better: "more" },
  { name: "journal on SQLite: batches of 500, durable", ours: "Append/sqlite/laurel", yardstick: "Append/sqlite/bare", against: "bare insert", unit: "events/s", better: "more" },
  { name: "journal on Postgres: batches of 500, durable", ours: "Append/postgres/laurel", yardstick: "Append/postgres/bare", against: "bare insert", unit: "events/s", better: "more" },
];

const figures = new Map();
for await (const line of createInterface({ input: process.stdin })) {
  console.log(line);
  const [head = "", , ...rest] = line.split(/\s+/);
  if (!head.startsWith("Benchmark")) continue;
  const name = head.slice("Benchmark".length).replace(/-\d+$/, "");
  for (let at = 0; at + 1 < rest.length; at += 2) {
    const key = `${name} ${rest[at + 1]}`;
    figures.set(key, [...(figures.get(key) ?? []), Number(rest[at])]);
  }
}

/** The middle one of the runs, or undefined when there was none. */
function median(key) {
  const values = figures.get(key)?.toSorted((a, b) => a - b);
  return values?.[Math.floor((values.length - 1) / 2)];
}

const write = (value) => new Intl.NumberFormat("en", { maximumSignificantDigits: 4 }).format(value).replaceAll(",", " ");
console.log("\n| what | unit | Laurel | yardstick | | Laurel / yardstick |\n|---|---|--:|--:|---|--:|");
for (const { name, ours, yardstick, against, unit, better } of pairs) {
  const own = median(`${ours} ${unit}`);
  const other = median(`${yardstick} ${unit}`);
  if (own === undefined || other === undefined) {
    console.error(`no figure in ${unit} for ${own === undefined ? ours : yardstick}`);
    process.exitCode = 1;
    continue;
  }
  console.log(`| ${name} | ${unit} (${better} is better) | ${write(own)} | ${write(other)} | ${against} | ${write((100 * own) / other)} % |`);
}
