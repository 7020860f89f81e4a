import type { ContestSummary } from "./gen/laurel/v1/contest_pb.js";
import type { LeaderboardRow, OwnPlace } from "./gen/laurel/v1/leaderboard_pb.js";
import type {
  BoardDelta,
  BoardSnapshot,
  ClientFrame,
  OwnPlaceUpdate,
  ServerFrame,
  SocketError,
  Welcome,
} from "./gen/laurel/v1/realtime_pb.js";
import type { Plain } from "./plain.js";

/** Row is one player's place as a screen shows it. */
export type Row = Plain<LeaderboardRow>;
/** Own is a player's own place and what lies around it. */
export type Own = Plain<OwnPlace>;
/** Contest is what is known of a contest and where it stands. */
export type Contest = Plain<ContestSummary>;
/** Snapshot is a whole channel. */
export type Snapshot = Plain<BoardSnapshot>;
/** Delta changes a snapshot of the same epoch and of the revision before. */
export type Delta = Plain<BoardDelta>;
/** OwnUpdate tells a player his new place. */
export type OwnUpdate = Plain<OwnPlaceUpdate>;
/** Greeting is the server's answer to hello. */
export type Greeting = Plain<Welcome>;
/** Refusal says what could not be done. */
export type Refusal = Plain<SocketError>;

/** ServerMessage is one frame from the server, told apart by its case. */
export type ServerMessage = Plain<ServerFrame["frame"]>;
/** ClientMessage is one frame to the server, told apart by its case. */
export type ClientMessage = Exclude<Plain<ClientFrame["frame"]>, { case: undefined }>;

/** Codec turns frames into what travels on the socket. Two exist: protobuf binary and protobuf JSON. */
export interface Codec {
  /** Sub-protocol offered to the server. */
  readonly protocol: string;
  /** Encodes one frame. */
  encode(message: ClientMessage): string | Uint8Array<ArrayBuffer>;
  /** Decodes one frame; throws when the data is no frame of this sub-protocol. */
  decode(data: string | ArrayBuffer): ServerMessage;
}
