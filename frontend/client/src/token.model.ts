/**
 * tokenExpiry reads when a player token (a JWT) runs out, in milliseconds since 1970, without checking it: only the
 * server can. Undefined when the token says nothing readable.
 */
export function tokenExpiry(token: string): number | undefined {
  const payload = token.split(".")[1];
  if (!payload) return undefined;
  try {
    const claims: unknown = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    const expiry = claims && typeof claims === "object" && "exp" in claims ? claims.exp : undefined;
    return typeof expiry === "number" ? expiry * 1000 : undefined;
  } catch {
    return undefined;
  }
}

/**
 * renewalWait is how long to wait before asking for a fresh token, in milliseconds: until a tenth of what is left, at
 * most a minute, before it runs out. Never below a second, so that a wrong clock can't make a storm.
 */
export function renewalWait(expiryMs: number, nowMs: number): number {
  const left = expiryMs - nowMs;
  return Math.max(1000, left - Math.min(60_000, left / 10));
}
