import { create, fromBinary, fromJsonString, toBinary, toJsonString } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { contestOf } from "../test/contest-feed.js";
import type { ServerInit } from "../test/live-server.js";
import { boardChannel } from "./channel-key.js";
import type { ClientMessage, Codec } from "./frame.js";
import { ClientFrameSchema, ServerFrameSchema } from "./gen/laurel/v1/realtime_pb.js";
import { jsonCodec } from "./json-codec.js";
import { protoCodec } from "./proto-codec.js";

const big = 9_223_372_036_854_775_807n;
const row = { place: 1n, playerKey: "k", name: "بهرام", userId: "u_1", units: big };

const frames: ServerInit[] = [
  { case: "welcome", value: { userId: "u_1", tickMs: 100, nowMicros: 1_700_000_000_000_001n } },
  {
    case: "snapshot",
    value: {
      channel: boardChannel("t"),
      epoch: big,
      revision: 2n,
      contest: contestOf({ start: { seconds: 1_700_000_000n, nanos: 120_000_000 } }) as object,
      top: [row, { playerKey: "zeros" }],
      total: big,
      stale: true,
    },
  },
  { case: "snapshot", value: {} },
  {
    case: "delta",
    value: {
      channel: boardChannel("t"),
      epoch: 1n,
      revision: 3n,
      changed: [row],
      left: ["a", "b"],
      total: 5n,
      oldestIngestMicros: big,
      stale: true,
    },
  },
  { case: "delta", value: { contest: { state: 4, resultHash: "ff" } } },
  {
    case: "own",
    value: {
      channel: boardChannel("t"),
      epoch: 1n,
      revision: 3n,
      me: { row, toNextUnits: -big, deltaUnits: 4n, around: [row, row] },
    },
  },
  { case: "own", value: { me: {} } },
  { case: "error", value: { channel: boardChannel("t"), code: "not_found", message: "no such contest" } },
  { case: "pong", value: { nonce: big } },
  { case: undefined },
];

/** Compares as JSON text so that a missing optional message and an undefined one are the same. */
const canonical = (value: unknown) =>
  JSON.parse(
    JSON.stringify(value, (key, field: unknown) =>
      key === "$typeName" || key === "$unknown" ? undefined : typeof field === "bigint" ? `${field}n` : field,
    ),
  ) as unknown;

function encodeFor(codec: Codec, frame: ServerInit): string | ArrayBuffer {
  const message = create(ServerFrameSchema, { frame });
  if (codec === jsonCodec) return toJsonString(ServerFrameSchema, message);
  return new Uint8Array(toBinary(ServerFrameSchema, message)).buffer;
}

describe.each([protoCodec, jsonCodec])("$protocol", (codec) => {
  it.each(frames)("decodes what the server means: $case", (frame) => {
    const meant = create(ServerFrameSchema, { frame }).frame;
    expect(canonical(codec.decode(encodeFor(codec, frame)))).toEqual(canonical(meant));
  });

  const messages: ClientMessage[] = [
    { case: "hello", value: { token: "a.b.c" } },
    {
      case: "subscribe",
      value: { channel: boardChannel("t"), view: { case: "board", value: { top: 10, around: 3 } } },
    },
    { case: "unsubscribe", value: { channel: boardChannel("t") } },
    { case: "resync", value: { channel: boardChannel("t") } },
    { case: "ping", value: { nonce: big } },
  ];
  it.each(messages)("encodes what the client means: $case", (message) => {
    const data = codec.encode(message);
    const read =
      typeof data === "string"
        ? fromJsonString(ClientFrameSchema, data)
        : fromBinary(ClientFrameSchema, data);
    expect(read).toEqual(create(ClientFrameSchema, { frame: message }));
  });

  it.each(["{", "[]1", '{"snapshot":{"epoch":"x"}}'])("throws on what is no frame: %s", (text) => {
    const data = codec === jsonCodec ? text : new TextEncoder().encode(text).buffer;
    expect(() => codec.decode(data)).toThrow();
  });

  it("throws on the other kind of data", () => {
    expect(() => codec.decode(codec === jsonCodec ? new ArrayBuffer(0) : "{}")).toThrow(/sub-protocol/);
  });
});

describe("laurel.v1.json", () => {
  it("reads a sender that writes defaults out and adds fields of a later version", () => {
    const text = JSON.stringify({
      delta: {
        channel: { board: { contestId: "t" } },
        epoch: "0",
        revision: "1",
        changed: [],
        left: [],
        contest: null,
        later: {},
      },
    });
    expect(jsonCodec.decode(text)).toMatchObject({
      case: "delta",
      value: { revision: 1n, contest: undefined },
    });
  });
});
