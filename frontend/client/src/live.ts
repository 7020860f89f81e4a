export {
  applyDelta,
  type Board,
  boardOf,
  type Continuity,
  type Cut,
  continuity,
  cutBoard,
} from "./board.model.js";
export { boardChannel, type ChannelKey, contestIdOf } from "./channel-key.js";
export type { TokenSource } from "./connection.js";
export {
  type Backoff,
  type ConnectionFacts,
  type ConnectionState,
  connectionState,
  retryDelay,
} from "./connection.model.js";
export type {
  ClientMessage,
  Codec,
  Contest,
  Delta,
  Greeting,
  Own,
  OwnUpdate,
  Refusal,
  Row,
  ServerMessage,
  Snapshot,
} from "./frame.js";
export { type Remaining, remaining, timeMillis } from "./instant.model.js";
export { jsonCodec } from "./json-codec.js";
export { LiveSocket, type LiveSocketOptions } from "./live-socket.js";
export { alwaysShown, browserPage, type Page, type PageSignal } from "./page.js";
export type { Plain, ProtoJson } from "./plain.js";
export { formatCount, formatUnits, plainUnits } from "./score.model.js";
export { type RowTop, slideStarts } from "./slide.model.js";
export { socketUrl } from "./socket-url.js";
export { defaultTiming, type LiveTiming } from "./timing.js";
export type { BoardCause, BoardListener, Subscription, Watch } from "./watch.js";
