import { describe, expect, it } from "vitest";
import { afterBreak, emptyChannel, onDelta, onOwn, onSnapshot } from "./channel.model.js";
import { boardChannel } from "./channel-key.js";
import type { Delta, OwnUpdate, Row, Snapshot } from "./frame.js";

const ada: Row = { place: 1n, playerKey: "ada", name: "Ada", userId: "", units: 5n };
const snapshot: Snapshot = {
  channel: boardChannel("t"),
  epoch: 1n,
  revision: 3n,
  contest: undefined,
  top: [ada],
  total: 1n,
  stale: false,
};
const delta: Delta = {
  channel: boardChannel("t"),
  epoch: 1n,
  revision: 4n,
  changed: [{ ...ada, units: 6n }],
  left: [],
  total: 1n,
  contest: undefined,
  oldestIngestMicros: 0n,
  stale: false,
};
const own = (revision: bigint, units: bigint, epoch = 1n): OwnUpdate => ({
  channel: boardChannel("t"),
  epoch,
  revision,
  me: { row: { ...ada, units }, toNextUnits: 0n, deltaUnits: 0n, around: [] },
});

describe("a channel", () => {
  const whole = onSnapshot(emptyChannel, snapshot).channel;

  it("asks for a snapshot when a delta comes first", () => {
    expect(onDelta(emptyChannel, delta)).toMatchObject({ changed: false, resync: true });
  });

  it("applies the next delta", () => {
    const step = onDelta(whole, delta);
    expect(step).toMatchObject({ changed: true, resync: false });
    expect(step.channel.board?.top[0]?.units).toBe(6n);
  });

  it("keeps the last board through a gap and ignores deltas until the snapshot", () => {
    const gap = onDelta(whole, { ...delta, revision: 6n });
    expect(gap).toMatchObject({ changed: false, resync: true });
    expect(gap.channel.board).toBe(whole.board);
    expect(onDelta(gap.channel, delta).changed).toBe(false);
    const healed = onSnapshot(gap.channel, { ...snapshot, revision: 6n }).channel;
    expect(onDelta(healed, { ...delta, revision: 7n }).changed).toBe(true);
  });

  it("takes a gap for what it is when the epoch is another", () => {
    expect(onDelta(whole, { ...delta, epoch: 2n }).resync).toBe(true);
  });

  it("ignores a delta it already knows without asking", () => {
    expect(onDelta(whole, { ...delta, revision: 3n })).toMatchObject({ changed: false, resync: false });
  });

  it("trusts no number after a break", () => {
    const broken = afterBreak(whole);
    expect(broken.board).toBe(whole.board);
    expect(onDelta(broken, delta).resync).toBe(true);
  });

  it("keeps an own place that comes before the board", () => {
    const early = onOwn(emptyChannel, own(3n, 9n));
    expect(early.changed).toBe(false);
    expect(onSnapshot(early.channel, snapshot).channel.board?.me?.row?.units).toBe(9n);
  });

  it("lets the newest own place win", () => {
    const newer = onOwn(whole, own(8n, 2n)).channel;
    expect(onOwn(newer, own(7n, 1n)).changed).toBe(false);
    expect(onOwn(newer, own(8n, 3n)).channel.board?.me?.row?.units).toBe(3n);
    expect(onOwn(newer, own(1n, 4n, 2n)).channel.board?.me?.row?.units).toBe(4n);
  });
});
