/**
 * The address to go back to after signing in: only a path of this studio, never another site, never the sign-in page again.
 */
export function safeReturn(wanted: unknown): string {
  if (typeof wanted !== "string" || !wanted.startsWith("/") || /^\/[/\\]/.test(wanted)) return "/";
  return wanted === "/signin" || wanted.startsWith("/signin?") ? "/" : wanted;
}
