export * from "./clients.js";
export * from "./live.js";
export { protoCodec } from "./proto-codec.js";
export { createTransport, type TransportOptions } from "./transport.js";
