import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
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

/**
 * Ports below those that systems give to outgoing connections: a server that a test stops comes back at its port, and
 * no connection, not even a client's that looks for the server there, may have it meanwhile. Browsers refuse 10 080.
 */
const ports = { first: 11_000, last: 29_999, attempts: 100 };

/** Listens on loopback, at a free port when none is given. */
async function listen(http: Server, port: number | undefined): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const tried = port ?? ports.first + Math.floor(Math.random() * (ports.last - ports.first + 1));
    try {
      await new Promise<void>((resolve, reject) => {
        http.once("error", reject);
        http.listen(tried, "127.0.0.1", () => {
          http.off("error", reject);
          resolve();
        });
      });
      return tried;
    } catch (cause) {
      const taken = (cause as NodeJS.ErrnoException).code === "EADDRINUSE";
      if (!taken || port !== undefined || attempt === ports.attempts) throw cause;
    }
  }
}

/** startLiveServer listens on loopback, at a free port when none is given. */
export async function startLiveServer(options: LiveServerOptions = {}): Promise<LiveServer> {
  const { onFrame = (frame, to) => frame.case === "hello" && to.send(welcome()) } = options;
  const connections: ClientConnection[] = [];
  const http = createServer(options.onRequest ?? ((_request, response) => response.writeHead(404).end()));
  // Before there are sockets: they would make a port that is taken everybody's error.
  const port = await listen(http, options.port);
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
