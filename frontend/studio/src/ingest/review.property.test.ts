import { create } from "@bufbuild/protobuf";
import { EventSchema } from "@laurel/client/gen/laurel/v1/event_pb.js";
import { DeadLetterSchema } from "@laurel/client/gen/laurel/v1/ingest_service_pb.js";
import { describe, expect, it } from "vitest";
import { numbers } from "../../tests/numbers.ts";
import {
  arrivalsBefore,
  causeOf,
  causesOf,
  comparedFields,
  deadLetterKey,
  filterDeadLetters,
  reviewSearch,
} from "./review.model.ts";

const words = ["stake", "10432", "is", "2.5e+12", "beyond", "2^53", "t_2026", "سلام", "…", "-7"];

function lettersOf(next: () => number) {
  return Array.from({ length: next() % 12 }, (_, n) =>
    create(DeadLetterSchema, {
      eventId: `e_${n}`,
      stage: "rule",
      userId: `u_${next() % 3}`,
      reason: Array.from({ length: 1 + (next() % 4) }, () => words[next() % words.length]).join(" "),
      failedAt: { seconds: BigInt(next() % 5), nanos: next() % 3 },
    }),
  );
}

function eventOf(next: () => number) {
  const maybe = <Value>(value: Value): Value | undefined => (next() % 3 === 0 ? undefined : value);
  const payload = { deep: { list: [next() % 3], text: `${next() % 2}` }, flag: next() % 2 === 0 };
  return create(EventSchema, {
    eventId: "e",
    name: "round_end",
    user: maybe({ id: `u_${next() % 2}` }),
    win: maybe({ amountMinor: (1n << 62n) + BigInt(next() % 2), currency: "EUR" }),
    payload: maybe(payload),
  });
}

describe("dead letters, of any reasons", () => {
  it("are counted once each under their cause, and found by it", () => {
    const next = numbers(1);
    for (let run = 0; run < 300; run++) {
      const letters = lettersOf(next);
      const causes = causesOf(letters);
      expect(causes.reduce((total, { count }) => total + count, 0)).toBe(letters.length);
      expect(new Set(causes.map(({ cause }) => cause)).size).toBe(causes.length);
      const counts = causes.map(({ count }) => count);
      expect(counts).toEqual(counts.toSorted((a, b) => b - a));
      for (const { cause, count } of causes) {
        expect(filterDeadLetters(letters, cause).length).toBeGreaterThanOrEqual(count);
        expect(reviewSearch({ q: cause })).toEqual({ q: cause });
      }
    }
  });

  it("have a cause that is its own cause", () => {
    const next = numbers(2);
    for (let run = 0; run < 300; run++) {
      for (const { reason } of lettersOf(next)) expect(causeOf(causeOf(reason))).toBe(causeOf(reason));
    }
  });

  it("are fewer the more is asked of them, and all of them where nothing is", () => {
    const next = numbers(3);
    for (let run = 0; run < 300; run++) {
      const letters = lettersOf(next);
      expect(filterDeadLetters(letters, undefined)).toEqual(letters);
      expect(filterDeadLetters(letters, "  ")).toEqual(letters);
      const query = words[next() % words.length] ?? "";
      const found = filterDeadLetters(letters, query);
      expect(filterDeadLetters(found, query)).toEqual(found);
      expect(filterDeadLetters(letters, query.toUpperCase())).toEqual(found);
      expect(filterDeadLetters(letters, `${query}x`).every((letter) => found.includes(letter))).toBe(true);
    }
  });

  it("have keys that tell them apart and fit into an address", () => {
    const next = numbers(4);
    for (let run = 0; run < 300; run++) {
      const keys = lettersOf(next).map(deadLetterKey);
      expect(new Set(keys).size).toBe(keys.length);
      for (const key of keys) expect(reviewSearch({ show: key })).toEqual({ show: key });
    }
  });
});

describe("two contents of one event, whatever they hold", () => {
  it("differ in the same fields whichever came first, and in none from themselves", () => {
    const next = numbers(5);
    for (let run = 0; run < 300; run++) {
      const [stored, sent] = [eventOf(next), eventOf(next)];
      const there = comparedFields({ stored, sent });
      const back = comparedFields({ stored: sent, sent: stored });
      const swapped = back.map((field) => ({ ...field, stored: field.sent, sent: field.stored }));
      const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1);
      expect(swapped.toSorted(byPath)).toEqual(there.toSorted(byPath));
      expect(comparedFields({ stored, sent: stored }).filter(({ differs }) => differs)).toEqual([]);
    }
  });

  it("have each field once, those that differ first, and say of none that it differs where it doesn't", () => {
    const next = numbers(6);
    for (let run = 0; run < 300; run++) {
      const fields = comparedFields({ stored: eventOf(next), sent: eventOf(next) });
      expect(new Set(fields.map(({ path }) => path)).size).toBe(fields.length);
      const differing = fields.map(({ differs }) => differs);
      expect(differing).toEqual(differing.toSorted((a, b) => Number(b) - Number(a)));
      for (const { stored, sent, differs } of fields) {
        expect(differs).toBe(stored !== sent);
        expect(stored !== undefined || sent !== undefined).toBe(true);
      }
    }
  });
});

describe("rows that arrive", () => {
  it("are those above the one that was first, however many are read below it", () => {
    const next = numbers(7);
    for (let run = 0; run < 300; run++) {
      const old = Array.from({ length: 1 + (next() % 9) }, (_, n) => `old ${n}`);
      const fresh = Array.from({ length: next() % 9 }, (_, n) => `new ${n}`);
      expect(arrivalsBefore([...fresh, ...old], old[0])).toBe(fresh.length);
      expect(arrivalsBefore([...fresh, ...old.slice(0, 1)], old[0])).toBe(fresh.length);
      expect(arrivalsBefore(fresh, old[0])).toBe(0);
    }
  });
});
