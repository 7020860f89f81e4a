/** socketUrl is the socket's address below a server's base address: http becomes ws, https becomes wss. */
export function socketUrl(base: string | URL): string {
  const url = new URL("ws", base.toString().replace(/\/?$/, "/"));
  url.protocol = url.protocol === "https:" || url.protocol === "wss:" ? "wss:" : "ws:";
  return url.toString();
}
