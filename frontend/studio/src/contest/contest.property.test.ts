import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { numbers } from "../../tests/numbers.ts";
import {
  type ContestFacts,
  contestSearch,
  contestStates,
  editSearch,
  filterFromSearch,
  knownState,
  lifeSteps,
  marketsOf,
  requestOf,
  stateKey,
  stateOfKey,
  windowOf,
} from "./contest.model.ts";
import { hasChanged, inOrder, stretchOf } from "./definition.model.ts";
import { type DraftStorage, Drafts } from "./draft.model.ts";

/** What an address may hold, sensible or not. */
const anything = [
  "",
  "live",
  "final",
  "paused",
  "DE",
  " x ",
  0,
  7,
  2.5,
  -1,
  2 ** 31,
  Number.NaN,
  null,
  {},
  [],
];
const pieces = ["id: X", "  n: -3", "", "\t", "title: نوروز 🏁", "a: b  ", "# remark", "   "];

function documentOf(next: () => number): string {
  return Array.from({ length: next() % 8 }, () => pieces[next() % pieces.length] ?? "").join("\n");
}

describe("addresses of contests, whatever they hold", () => {
  it("are read as they were written", () => {
    const next = numbers(1);
    const any = () => anything[next() % anything.length];
    for (let run = 0; run < 500; run++) {
      const filter = filterFromSearch({ q: any(), state: any(), market: any(), other: any() });
      expect(filterFromSearch({ ...filter })).toEqual(filter);
      const [since, from] = [contestSearch({ since: any() }), editSearch({ from: any() })];
      expect(contestSearch({ ...since })).toEqual(since);
      expect(editSearch({ ...from })).toEqual(from);
    }
  });

  it("ask the server for texts without blanks around them, and for at most one state that there is", () => {
    const next = numbers(2);
    const any = () => anything[next() % anything.length];
    for (let run = 0; run < 500; run++) {
      const { text, market, states } = requestOf(filterFromSearch({ q: any(), state: any(), market: any() }));
      expect(text).toBe(text.trim());
      expect(market.length).toBeLessThanOrEqual(64);
      expect(states.length).toBeLessThanOrEqual(1);
      for (const state of states) expect(contestStates).toContain(state);
    }
  });

  it("name no version that can't be one", () => {
    for (const value of anything) {
      const { since = 1 } = contestSearch({ since: value });
      expect(Number.isSafeInteger(since) && since > 0 && since < 2 ** 31).toBe(true);
    }
  });
});

describe("states of contests", () => {
  it("have a key of their own each, which leads back to them", () => {
    expect(new Set(contestStates.map(stateKey)).size).toBe(contestStates.length);
    for (const state of contestStates) expect(stateOfKey(stateKey(state))).toBe(state);
    for (const key of [undefined, "", "LIVE", "toString", "constructor"])
      expect(stateOfKey(key)).toBeUndefined();
  });

  it("are each one step of a life: what is past comes first, then what is now, then what is ahead", () => {
    for (let state = 0; state < 20; state++) {
      const steps = lifeSteps({ state });
      const order = ["past", "now", "ahead"];
      const positions = steps.map(({ position }) => order.indexOf(position));
      expect(positions).toEqual(positions.toSorted((a, b) => a - b));
      expect(steps.filter(({ position }) => position === "now").map((step) => step.state)).toEqual([
        knownState(state),
      ]);
    }
  });
});

describe("markets, of any contests", () => {
  it("are sorted, each once, and none is lost", () => {
    const next = numbers(3);
    const codes = ["SE", "DE", "AT", "FI"];
    for (let run = 0; run < 200; run++) {
      const contests = Array.from({ length: next() % 6 }, () => ({
        markets: codes.filter(() => next() % 2 === 0),
      })) as unknown as ContestFacts[];
      const markets = marketsOf(contests);
      expect(markets).toEqual([...new Set(markets)].toSorted());
      for (const { markets: own } of contests) for (const market of own) expect(markets).toContain(market);
      expect(marketsOf(contests.toReversed())).toEqual(markets);
    }
  });
});

describe("windows, at any time in any zone", () => {
  it("warn of a clock that changes if and only if the window begins and ends on clocks that differ, within a season", () => {
    const next = numbers(4);
    const zones = [
      "UTC",
      "Asia/Tehran",
      "Europe/Kyiv",
      "America/New_York",
      "Australia/Lord_Howe",
      "Mars/Olympus",
    ];
    const first = Date.parse("2025-01-01T00:00:00Z");
    for (let run = 0; run < 300; run++) {
      const tz = zones[next() % zones.length] ?? "";
      const start = new Date(first + (next() % 31_536_000) * 1_000);
      const end = new Date(start.getTime() + (next() % (20 * 86_400)) * 1_000);
      const window = windowOf({
        start: timestampFromDate(start),
        end: timestampFromDate(end),
        graceEnd: timestampFromDate(end),
        tz,
      });
      // How a clock's hands and its calendar moved, beside how much time went by.
      const clock = (instant: Date) =>
        Date.parse(`${instant.toLocaleString("sv-SE", { timeZone: window.zone }).replace(" ", "T")}Z`);
      const drift =
        clock(end) -
        clock(start) -
        (Math.trunc(end.getTime() / 1e3) - Math.trunc(start.getTime() / 1e3)) * 1e3;
      expect(window.clockChanges, `${tz} ${start.toISOString()} ${end.toISOString()}`).toBe(drift !== 0);
    }
  });
});

describe("documents, of any lines", () => {
  it("have each problem inside them, on one line, whatever line and column it names", () => {
    const next = numbers(5);
    for (let run = 0; run < 1_000; run++) {
      const text = documentOf(next);
      const [line, column] = [(next() % 14) - 2, (next() % 30) - 2];
      const { from, to } = stretchOf(text, { line, column });
      expect(from).toBeGreaterThanOrEqual(0);
      expect(to).toBeGreaterThanOrEqual(from);
      expect(to).toBeLessThanOrEqual(text.length);
      expect(text.slice(from, to)).not.toContain("\n");
      const at = text.slice(0, from).split("\n").length;
      expect(at).toBe(Math.min(Math.max(line, 1), text.split("\n").length));
    }
  });

  it("keep all their problems when those are sorted, and the order of those of one place", () => {
    const next = numbers(6);
    for (let run = 0; run < 200; run++) {
      const problems = Array.from({ length: next() % 12 }, (_, n) => ({
        line: next() % 4,
        column: next() % 3,
        field: "",
        message: `${n}`,
      }));
      const sorted = inOrder(problems);
      expect(sorted.toSorted((a, b) => Number(a.message) - Number(b.message))).toEqual(problems);
      for (const [n, problem] of sorted.entries()) {
        const before = sorted[n - 1];
        if (before === undefined) continue;
        const [a, b] = [before, problem].map((each) => each.line * 100 + each.column);
        expect(a).toBeLessThanOrEqual(b ?? 0);
        if (a === b) expect(Number(before.message)).toBeLessThan(Number(problem.message));
      }
    }
  });

  it("differ from what they were whichever of the two is the older, and never from themselves", () => {
    const next = numbers(7);
    for (let run = 0; run < 500; run++) {
      const [a, b] = [documentOf(next), documentOf(next)];
      expect(hasChanged(a, b)).toBe(hasChanged(b, a));
      expect(hasChanged(a, a)).toBe(false);
      expect(hasChanged(a, `${a.replaceAll("\n", " \r\n")}\n\n`)).toBe(false);
      expect(hasChanged(a, `x${a}`)).toBe(true);
    }
  });
});

describe("drafts, of any authors and definitions", () => {
  const shelf = (): DraftStorage => {
    const items = new Map<string, string>();
    return {
      getItem: (key) => items.get(key) ?? null,
      setItem: (key, value) => void items.set(key, value),
      removeItem: (key) => void items.delete(key),
    };
  };

  it("are what was kept last and not dropped since, and no others", () => {
    const next = numbers(8);
    const names = ["ada", "a", "a/b", "a%2Fb", "گل", "", "b/c", "/"];
    const storage = shelf();
    const kept = new Map<string, string>();
    for (let run = 0; run < 2_000; run++) {
      const [author, id] = [names[next() % names.length] ?? "", names[next() % names.length] ?? ""];
      const drafts = new Drafts(() => storage, author);
      const key = JSON.stringify([author, id]);
      expect(drafts.read(id)?.yaml).toBe(kept.get(key));
      if (next() % 3 === 0) {
        drafts.drop(id);
        kept.delete(key);
      } else {
        const yaml = documentOf(next);
        drafts.keep(id, { baseVersion: next() % 9, yaml, keptAt: run });
        kept.set(key, yaml);
      }
    }
  });
});
