import { boardChannel } from "../src/channel-key.js";
import type { Contest, Own, Row } from "../src/frame.js";
import type { ServerInit } from "./live-server.js";

/** Entrant is a player of a feed. */
export interface Entrant {
  readonly key: string;
  readonly userId: string;
  readonly name: string;
  units: bigint;
}

/** ContestFeed is a small contest in memory: it ranks its entrants and writes the frames that the server would send. */
export class ContestFeed {
  readonly epoch = 7n;
  readonly entrants: Entrant[];
  contest: Contest;
  stale = false;

  constructor(contest: Contest, entrants: Entrant[]) {
    this.contest = contest;
    this.entrants = entrants;
  }

  /** All rows in order: score, then key. */
  ranking(): Row[] {
    return [...this.entrants]
      .sort((a, b) => (a.units === b.units ? (a.key < b.key ? -1 : 1) : a.units > b.units ? -1 : 1))
      .map(({ key, name, units }, index) => ({
        place: BigInt(index + 1),
        playerKey: key,
        name,
        userId: "",
        units,
      }));
  }

  top(count: number): Row[] {
    return this.ranking().slice(0, count);
  }

  snapshot(top: readonly Row[], revision: bigint): ServerInit {
    const { epoch, contest, stale } = this;
    const total = BigInt(this.entrants.length);
    return {
      case: "snapshot",
      value: { channel: boardChannel(contest.id), epoch, revision, contest, top: [...top], total, stale },
    } as ServerInit;
  }

  delta(before: readonly Row[], after: readonly Row[], revision: bigint): ServerInit {
    const { epoch, contest, stale } = this;
    return {
      case: "delta",
      value: {
        channel: boardChannel(contest.id),
        epoch,
        revision,
        ...difference(before, after),
        total: BigInt(this.entrants.length),
        stale,
      },
    };
  }

  own(userId: string, around: number, revision: bigint): ServerInit {
    return {
      case: "own",
      value: {
        channel: boardChannel(this.contest.id),
        epoch: this.epoch,
        revision,
        me: this.place(userId, around),
      },
    } as ServerInit;
  }

  place(userId: string, around: number): Own {
    const ranking = this.ranking();
    const entrant = this.entrants.find((each) => each.userId === userId);
    const index = ranking.findIndex((row) => row.playerKey === entrant?.key);
    const row = ranking[index];
    if (!row) {
      const none = { place: 0n, playerKey: `key_${userId}`, name: userId, userId, units: 0n };
      return { row: none, toNextUnits: 0n, deltaUnits: 0n, around: [] };
    }
    const better = ranking[index - 1];
    return {
      row: { ...row, userId },
      toNextUnits: better ? better.units - row.units : 0n,
      deltaUnits: 0n,
      around: ranking.slice(Math.max(0, index - around), index + around + 1),
    };
  }
}

/** difference is what a delta must carry to turn one top into another. */
export function difference(
  before: readonly Row[],
  after: readonly Row[],
): { changed: Row[]; left: string[] } {
  const was = new Map(before.map((row) => [row.playerKey, row]));
  const is = new Set(after.map((row) => row.playerKey));
  const same = (row: Row) => {
    const old = was.get(row.playerKey);
    return old !== undefined && old.place === row.place && old.units === row.units && old.name === row.name;
  };
  return {
    changed: after.filter((row) => !same(row)),
    left: before.filter((row) => !is.has(row.playerKey)).map((row) => row.playerKey),
  };
}

/** contestOf is a live contest that ends in an hour, with the fields a test cares about changed. */
export function contestOf(changes: Partial<Contest> = {}): Contest {
  const now = BigInt(Math.floor(Date.now() / 1000));
  const at = (seconds: bigint) => ({ seconds: now + seconds, nanos: 0 });
  return {
    id: "t_sprint",
    title: "October sprint",
    state: 2,
    start: at(-3600n),
    end: at(3600n),
    tz: "Europe/Kyiv",
    type: "best_n_rounds",
    markets: [],
    brands: [],
    tiebreaker: ["highest_single_multiplier", "earliest_finish_ts", "user_id"],
    precision: 2,
    n: 20,
    version: 1,
    definitionHash: "",
    players: 0n,
    resultHash: "",
    graceEnd: at(3660n),
    ...changes,
  };
}
