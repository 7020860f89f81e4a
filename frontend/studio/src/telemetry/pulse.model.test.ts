import { create } from "@bufbuild/protobuf";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { firstEventCommand, healthOf, linesOf, pulseOf, type Second, sawEvents } from "./pulse.model.ts";

function second(fields: Partial<Second>): Second {
  return {
    at: undefined,
    accepted: 0n,
    duplicates: 0n,
    rejected: 0n,
    folded: 0n,
    lagMs: 0n,
    stages: [],
    sockets: 0n,
    ...fields,
  };
}

describe("pulseOf", () => {
  it("averages the last three seconds and sums the whole window", () => {
    const pulse = pulseOf([
      second({ accepted: 900n, duplicates: 1n }),
      second({ accepted: 10n, rejected: 2n }),
      second({ accepted: 20n }),
      second({ accepted: 33n, sockets: 7n, lagMs: 12n }),
    ]);
    expect(pulse.acceptedNow).toBe(21);
    expect(pulse.accepted).toBe(963n);
    expect(pulse.duplicates).toBe(1n);
    expect(pulse.rejected).toBe(2n);
    expect(pulse.sockets).toBe(7n);
    expect(pulse.lagMillis).toBe(12n);
  });
  it("takes the newest percentile that was measured, and none where nothing was", () => {
    const pulse = pulseOf([
      second({ stages: [{ stage: "push", p95Micros: 900n }] }),
      second({ stages: [{ stage: "push", p95Micros: 800n }] }),
      second({}),
    ]);
    expect(pulse.p95.push).toBe(800n);
    expect(pulse.p95.ingest).toBeUndefined();
  });
  it("is all zero for an empty window", () => {
    const pulse = pulseOf([]);
    expect(pulse.acceptedNow).toBe(0);
    expect(pulse.sockets).toBe(0n);
  });
});

describe("healthOf", () => {
  const flowing = pulseOf([second({ accepted: 5n, folded: 5n })]);
  const behind = pulseOf([second({ accepted: 5n, lagMs: 2_001n })]);
  it.each([
    [flowing, true, "flowing"],
    [behind, true, "behind"],
    [pulseOf([second({})]), true, "idle"],
    [flowing, false, "unreachable"],
  ] as const)("names the strongest reason (%#)", (pulse, reachable, health) => {
    expect(healthOf(pulse, reachable)).toBe(health);
  });
  it("a lag at the limit is not behind yet", () => {
    expect(healthOf(pulseOf([second({ accepted: 1n, lagMs: 2_000n })]), true)).toBe("flowing");
  });
});

describe("lines and beginnings", () => {
  it("draws one point a second", () => {
    expect(
      linesOf([second({ at: create(TimestampSchema, { seconds: 10n }), accepted: 3n, lagMs: 4n })]),
    ).toEqual({
      accepted: [[10_000, 3]],
      folded: [[10_000, 0]],
      lag: [[10_000, 4]],
    });
  });
  it("counts refused events as something seen", () => {
    expect(sawEvents([second({ sockets: 4n })])).toBe(false);
    expect(sawEvents([second({ rejected: 1n })])).toBe(true);
  });
  it("writes a command whose body is JSON", () => {
    const command = firstEventCommand("http://localhost:8080", new Date("2025-10-25T18:00:00Z"));
    const body = /-d '(.*)'/s.exec(command)?.[1] ?? "";
    expect(JSON.parse(body)).toMatchObject({ event_name: "round_end", ts: "2025-10-25T18:00:00.000Z" });
    expect(command).toContain("http://localhost:8080/v1/events");
  });
});
