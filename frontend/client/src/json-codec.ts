import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { boardChannel, type ChannelKey } from "./channel-key.js";
import type { Codec, Contest, Delta, Own, OwnUpdate, Row, ServerMessage, Snapshot } from "./frame.js";
import type { ContestState, ContestSummary } from "./gen/laurel/v1/contest_pb.js";
import type { LeaderboardRow, OwnPlace } from "./gen/laurel/v1/leaderboard_pb.js";
import type {
  BoardDelta,
  BoardSnapshot,
  OwnPlaceUpdate,
  Pong,
  SocketError,
  Welcome,
} from "./gen/laurel/v1/realtime_pb.js";
import type { Plain, ProtoJson } from "./plain.js";

/** OnChannel is a frame of a channel, whose oneof protobuf JSON spells as one field by the name of its case. */
type OnChannel<T> = Omit<ProtoJson<T>, "channel"> & {
  readonly channel?: { readonly board?: { readonly contestId?: string } };
};

/** ServerFrameJson is a server frame as protobuf JSON spells a oneof: one of the fields is there. */
interface ServerFrameJson {
  readonly welcome?: ProtoJson<Welcome>;
  readonly snapshot?: OnChannel<BoardSnapshot>;
  readonly delta?: OnChannel<BoardDelta>;
  readonly own?: OnChannel<OwnPlaceUpdate>;
  readonly error?: OnChannel<SocketError>;
  readonly pong?: ProtoJson<Pong>;
}

/** Protobuf JSON names an enum value in full. A state added to the contract and missing here is a compile error. */
const contestStates: Readonly<Record<`CONTEST_STATE_${keyof typeof ContestState}`, ContestState>> = {
  CONTEST_STATE_UNSPECIFIED: 0,
  CONTEST_STATE_SCHEDULED: 1,
  CONTEST_STATE_LIVE: 2,
  CONTEST_STATE_CLOSING: 3,
  CONTEST_STATE_FINAL: 4,
  CONTEST_STATE_DRAFT: 5,
  CONTEST_STATE_APPEAL: 6,
  CONTEST_STATE_PAYING: 7,
  CONTEST_STATE_PAID: 8,
  CONTEST_STATE_CANCELLED: 9,
  CONTEST_STATE_VOID: 10,
};

const contestState = (name = ""): ContestState =>
  name in contestStates ? contestStates[name as keyof typeof contestStates] : 0;

/** A 64-bit number comes as a string so that it survives a reader who only has doubles. */
const long = (value: string | number | undefined): bigint => BigInt(value ?? 0);

function time(value: string | undefined): Plain<Timestamp> | undefined {
  if (value === undefined) return undefined;
  const fraction = /\.(\d{1,9})/.exec(value)?.[1] ?? "";
  const millis = Date.parse(value.replace(/\.\d+/, ""));
  if (Number.isNaN(millis)) throw new TypeError(`frame: ${value} is no RFC 3339 time`);
  return { seconds: BigInt(millis / 1000), nanos: Number(fraction.padEnd(9, "0")) };
}

function row(json: ProtoJson<LeaderboardRow>): Row {
  return {
    place: long(json.place),
    playerKey: json.playerKey ?? "",
    name: json.name ?? "",
    userId: json.userId ?? "",
    units: long(json.units),
  };
}

const rows = (json: readonly ProtoJson<LeaderboardRow>[] | undefined): readonly Row[] =>
  (json ?? []).map(row);

function own(json: ProtoJson<OwnPlace> | undefined): Own | undefined {
  if (!json) return undefined;
  return {
    row: json.row && row(json.row),
    toNextUnits: long(json.toNextUnits),
    deltaUnits: long(json.deltaUnits),
    around: rows(json.around),
  };
}

function contest(json: ProtoJson<ContestSummary> | undefined): Contest | undefined {
  if (!json) return undefined;
  return {
    id: json.id ?? "",
    title: json.title ?? "",
    state: contestState(json.state),
    start: time(json.start),
    end: time(json.end),
    tz: json.tz ?? "",
    type: json.type ?? "",
    markets: json.markets ?? [],
    brands: json.brands ?? [],
    tiebreaker: json.tiebreaker ?? [],
    precision: json.precision ?? 0,
    n: json.n ?? 0,
    version: json.version ?? 0,
    definitionHash: json.definitionHash ?? "",
    players: long(json.players),
    resultHash: json.resultHash ?? "",
    graceEnd: time(json.graceEnd),
  };
}

/** A channel of a kind that this client doesn't know is none. */
const channel = (json: OnChannel<BoardSnapshot>["channel"]): ChannelKey | undefined =>
  json?.board && boardChannel(json.board.contestId ?? "");

function snapshot(json: OnChannel<BoardSnapshot>): Snapshot {
  return {
    channel: channel(json.channel),
    epoch: long(json.epoch),
    revision: long(json.revision),
    contest: contest(json.contest),
    top: rows(json.top),
    total: long(json.total),
    stale: json.stale ?? false,
  };
}

function delta(json: OnChannel<BoardDelta>): Delta {
  return {
    channel: channel(json.channel),
    epoch: long(json.epoch),
    revision: long(json.revision),
    changed: rows(json.changed),
    left: json.left ?? [],
    total: long(json.total),
    contest: contest(json.contest),
    oldestIngestMicros: long(json.oldestIngestMicros),
    stale: json.stale ?? false,
  };
}

function ownUpdate(json: OnChannel<OwnPlaceUpdate>): OwnUpdate {
  return {
    channel: channel(json.channel),
    epoch: long(json.epoch),
    revision: long(json.revision),
    me: own(json.me),
  };
}

function decode(data: string | ArrayBuffer): ServerMessage {
  if (typeof data !== "string") throw new TypeError("frame: binary on a text sub-protocol");
  const json = JSON.parse(data) as ServerFrameJson;
  if (json.delta) return { case: "delta", value: delta(json.delta) };
  if (json.own) return { case: "own", value: ownUpdate(json.own) };
  if (json.snapshot) return { case: "snapshot", value: snapshot(json.snapshot) };
  if (json.welcome) {
    const { userId = "", tickMs = 0, nowMicros } = json.welcome;
    return { case: "welcome", value: { userId, tickMs, nowMicros: long(nowMicros) } };
  }
  if (json.error) {
    const { code = "", message = "" } = json.error;
    return { case: "error", value: { channel: channel(json.error.channel), code, message } };
  }
  if (json.pong) return { case: "pong", value: { nonce: long(json.pong.nonce) } };
  return { case: undefined };
}

/** Writes a oneof as protobuf JSON does: one field by the name of its case, in place of { case, value }. */
function spelled(value: unknown): unknown {
  if (typeof value === "bigint") return `${value}`;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, field]: [string, unknown]) => {
      if (typeof field !== "object" || field === null || !("case" in field)) return [[name, spelled(field)]];
      return typeof field.case === "string" && "value" in field ? [[field.case, spelled(field.value)]] : [];
    }),
  );
}

/**
 * jsonCodec speaks laurel.v1.json: each frame is one protobuf JSON text. It needs no protobuf runtime, which is what
 * keeps the widget small.
 */
export const jsonCodec: Codec = {
  protocol: "laurel.v1.json",
  encode: ({ case: name, value }) => JSON.stringify({ [name]: spelled(value) }),
  decode,
};
