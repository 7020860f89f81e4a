import { jsonCodec, LiveSocket, socketUrl, type TokenSource } from "@laurel/client/live";

/** Identity is whom a connection speaks for. */
export interface Identity {
  readonly baseUrl: string;
  readonly token: string | undefined;
  readonly tokenProvider: TokenSource | undefined;
}

interface Shared {
  readonly identity: Identity;
  readonly socket: LiveSocket;
  users: number;
}

const shared: Shared[] = [];

const same = (a: Identity, b: Identity): boolean =>
  a.baseUrl === b.baseUrl && a.token === b.token && a.tokenProvider === b.tokenProvider;

/** Lease is one widget's share of a connection. */
export interface Lease {
  readonly socket: LiveSocket;
  /** Gives the share back; the last one closes the connection. */
  release(): void;
}

/** lease gives widgets of one page that speak for the same player the same connection. */
export function lease(identity: Identity): Lease {
  let entry = shared.find((candidate) => same(candidate.identity, identity));
  if (!entry) {
    const { baseUrl, token, tokenProvider } = identity;
    const source = tokenProvider ?? (token ? () => token : undefined);
    const socket = new LiveSocket({
      url: socketUrl(baseUrl),
      codec: jsonCodec,
      ...(source ? { token: source } : {}),
    });
    entry = { identity, socket, users: 0 };
    shared.push(entry);
  }
  const used = entry;
  used.users++;
  let held = true;
  return {
    socket: used.socket,
    release() {
      if (!held) return;
      held = false;
      if (--used.users > 0) return;
      shared.splice(shared.indexOf(used), 1);
      used.socket.close();
    },
  };
}
