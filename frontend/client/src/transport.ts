import type { Interceptor, Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";

/** TransportOptions say where the server is and who calls. */
export interface TransportOptions {
  /** Base address of the RPC door; the page's own `/rpc` when missing. */
  readonly baseUrl?: string;
  /** Bearer token of a caller who has no session cookie. Asked at each call. */
  readonly bearer?: () => string | undefined | Promise<string | undefined>;
  /** Longest time of a call in milliseconds; 30 s when missing. */
  readonly timeoutMs?: number;
  /** Further interceptors, outermost first. */
  readonly interceptors?: readonly Interceptor[];
}

const defaultTimeoutMs = 30_000;

/**
 * createTransport speaks the Connect protocol with the server's RPC door. Cookies go along, so a signed-in operator
 * needs nothing else. Calls are always POST: a definition to check would not fit into the address of a GET, nor belongs there.
 */
export function createTransport(options: TransportOptions = {}): Transport {
  const { baseUrl = "/rpc", bearer, timeoutMs = defaultTimeoutMs, interceptors = [] } = options;
  return createConnectTransport({
    baseUrl,
    defaultTimeoutMs: timeoutMs,
    fetch: (input, init) => fetch(input, { ...init, credentials: "include" }),
    interceptors: bearer ? [...interceptors, withBearer(bearer)] : [...interceptors],
  });
}

function withBearer(bearer: NonNullable<TransportOptions["bearer"]>): Interceptor {
  return (next) => async (request) => {
    const token = await bearer();
    if (token) request.header.set("Authorization", `Bearer ${token}`);
    return await next(request);
  };
}
