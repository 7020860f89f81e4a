import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import {
  create,
  fromBinary,
  fromJsonString,
  type MessageInitShape,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { WebSocket, WebSocketServer } from "ws";
import { type ClientFrame, ClientFrameSchema, ServerFrameSchema } from "../src/gen/laurel/v1/realtime_pb.js";

/** ServerInit is a server frame written as an object literal. */
export type ServerInit = NonNullable<MessageInitShape<typeof ServerFrameSchema>["frame"]>;

/** ClientConnection is one client of the live server. */
export interface ClientConnection {
  readonly request: IncomingMessage;
  readonly protocol: string;
  /** Frames the client sent so far. */
  readonly received: ClientFrame["frame"][];
  send(frame: ServerInit): void;
  sendRaw(data: string | Uint8Array): void;
  close(code: number, reason?: string): void;
  /** Breaks the connection without a close frame, as a crashed server or network does. */
  cut(): void;
}

/** LiveServer is a real WebSocket server that speaks both sub-protocols of realtime.proto and does what a test says. */
export interface LiveServer {
  readonly httpUrl: string;
  readonly url: string;
  readonly connections: ClientConnection[];
  stop(): Promise<void>;
}

/** LiveServerOptions say what the server does; without onFrame it answers hello with a welcome and nothing else. */
export interface LiveServerOptions {
  readonly port?: number;
  readonly onFrame?: (frame: ClientFrame["frame"], connection: ClientConnection) => void;
  readonly onClose?: (connection: ClientConnection) => void;
  readonly onRequest?: RequestListener;
}

const protocols = ["laurel.v1.proto", "laurel.v1.json"];

/** welcome answers hello the way the server does. */
export const welcome = (userId = "", nowMillis = Date.now()): ServerInit => ({
  case: "welcome",
  value: { userId, tickMs: 100, nowMicros: BigInt(nowMillis) * 1000n },
});

function connectionOf(socket: WebSocket, request: IncomingMessage): ClientConnection {
  const binary = socket.protocol === "laurel.v1.proto";
  return {
    request,
    protocol: socket.protocol,
    received: [],
    send(frame) {
      if (socket.readyState !== WebSocket.OPEN) return;
      const message = create(ServerFrameSchema, { frame });
      socket.send(binary ? toBinary(ServerFrameSchema, message) : toJsonString(ServerFrameSchema, message));
    },
    sendRaw: (data) => socket.send(data),
    close: (code, reason) => socket.close(code, reason),
    cut: () => socket.terminate(),
  };
}

/** startLiveServer listens on loopback; port 0 takes a free one. */
export async function startLiveServer(options: LiveServerOptions = {}): Promise<LiveServer> {
  const { onFrame = (frame, to) => frame.case === "hello" && to.send(welcome()) } = options;
  const connections: ClientConnection[] = [];
  const http = createServer(options.onRequest ?? ((_request, response) => response.writeHead(404).end()));
  const sockets = new WebSocketServer({
    server: http,
    path: "/ws",
    handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false,
  });
  sockets.on("connection", (socket, request) => {
    const connection = connectionOf(socket, request);
    connections.push(connection);
    socket.on("message", (data: Buffer, isBinary) => {
      const { frame } = isBinary
        ? fromBinary(ClientFrameSchema, data)
        : fromJsonString(ClientFrameSchema, data.toString("utf8"));
      connection.received.push(frame);
      onFrame(frame, connection);
    });
    socket.on("close", () => options.onClose?.(connection));
  });
  await new Promise<void>((resolve) => http.listen(options.port ?? 0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  return {
    httpUrl: `http://127.0.0.1:${port}`,
    url: `ws://127.0.0.1:${port}/ws`,
    connections,
    async stop() {
      for (const socket of sockets.clients) socket.terminate();
      await new Promise((resolve) => sockets.close(resolve));
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
