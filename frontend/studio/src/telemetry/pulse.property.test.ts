import { create } from "@bufbuild/protobuf";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { numbers } from "../../tests/numbers.ts";
import {
  firstEventCommand,
  healthOf,
  lagLimitMillis,
  linesOf,
  pulseOf,
  type Second,
  sawEvents,
} from "./pulse.model.ts";

const stages = ["ingest", "rule", "board", "push", "unheard_of"];

/** Up to fifteen seconds in which anything may have happened. */
function secondsOf(next: () => number): Second[] {
  return Array.from({ length: next() % 16 }, (_, n) => ({
    at: create(TimestampSchema, { seconds: BigInt(1_000 + n) }),
    accepted: BigInt(next() % 4 === 0 ? 0 : next()),
    duplicates: BigInt(next() % 2),
    rejected: BigInt(next() % 2),
    folded: BigInt(next() % 4 === 0 ? 0 : next()),
    lagMs: BigInt(next() % 4_001),
    sockets: BigInt(next() % 100),
    stages: stages
      .filter(() => next() % 2 === 0)
      .map((stage) => ({ stage, p95Micros: BigInt(next() % 1_000) })),
  }));
}

describe("the pulse, of any seconds", () => {
  it("counts in two windows what it counts in both together", () => {
    const next = numbers(1);
    for (let run = 0; run < 300; run++) {
      const [a, b] = [secondsOf(next), secondsOf(next)];
      const [first, second, both] = [pulseOf(a), pulseOf(b), pulseOf([...a, ...b])];
      for (const field of ["accepted", "duplicates", "rejected"] as const) {
        expect(both[field]).toBe(first[field] + second[field]);
      }
      if (b.length === 0) continue;
      expect(both.lagMillis).toBe(second.lagMillis);
      expect(both.sockets).toBe(second.sockets);
      for (const stage of ["ingest", "rule", "board", "push"] as const) {
        expect(both.p95[stage]).toBe(second.p95[stage] ?? first.p95[stage]);
      }
    }
  });

  it("is now never less than the slowest of the last seconds and never more than the fastest", () => {
    const next = numbers(2);
    for (let run = 0; run < 300; run++) {
      const seconds = secondsOf(next);
      const last = seconds.slice(-3).map(({ accepted }) => Number(accepted));
      const { acceptedNow } = pulseOf(seconds);
      expect(acceptedNow).toBeGreaterThanOrEqual(
        Math.min(...last, last.length === 0 ? 0 : Number.POSITIVE_INFINITY),
      );
      expect(acceptedNow).toBeLessThanOrEqual(Math.max(0, ...last));
    }
  });

  it("has one health, and a server that doesn't answer is never healthy", () => {
    const next = numbers(3);
    for (let run = 0; run < 300; run++) {
      const pulse = pulseOf(secondsOf(next));
      expect(healthOf(pulse, false)).toBe("unreachable");
      const health = healthOf(pulse, true);
      expect(health === "behind").toBe(pulse.lagMillis > lagLimitMillis);
      if (health === "idle") expect([pulse.acceptedNow, pulse.foldedNow]).toEqual([0, 0]);
    }
  });

  it("is drawn with a point for each second on each line, in the order of time", () => {
    const next = numbers(4);
    for (let run = 0; run < 300; run++) {
      const seconds = secondsOf(next);
      const { accepted, folded, lag } = linesOf(seconds);
      for (const line of [accepted, folded, lag]) {
        const times = line.map(([time]) => time);
        expect(times).toEqual(seconds.map((_, n) => (1_000 + n) * 1_000));
      }
    }
  });

  it("saw events if and only if something was counted", () => {
    const next = numbers(5);
    for (let run = 0; run < 300; run++) {
      const seconds = secondsOf(next);
      const pulse = pulseOf(seconds);
      const folded = seconds.some((second) => second.folded > 0n);
      expect(sawEvents(seconds)).toBe(folded || pulse.accepted + pulse.duplicates + pulse.rejected > 0n);
    }
  });
});

describe("the command of a first event", () => {
  it.each(["http://localhost:8080", "https://laurel.example:8443"])(
    "is one that a shell takes: %s",
    (origin) => {
      const command = firstEventCommand(origin, new Date(0));
      const lines = command.split("\n");
      expect(lines.slice(0, -1).every((line) => line.endsWith(" \\"))).toBe(true);
      expect(lines[0]).toContain(`${origin}/v1/events`);
      expect(command.match(/'/g)).toHaveLength(2);
      expect(command).toContain("$LAUREL_API_KEY");
    },
  );
});
