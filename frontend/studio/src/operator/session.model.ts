/**
 * The address to go back to after signing in: only a path of this studio, never another site, never the sign-in page again.
 */
export function safeReturn(wanted: unknown): string {
  if (typeof wanted !== "string" || !wanted.startsWith("/") || /^\/[/\\]/.test(wanted)) return "/";
  return wanted === "/signin" || wanted.startsWith("/signin?") ? "/" : wanted;
}

/** Whether somebody with these roles may look at events that were refused or could not be scored. */
export function mayReview(roles: readonly string[]): boolean {
  return ["operator", "reviewer", "admin"].some((role) => roles.includes(role));
}

/** Whether somebody with these roles may publish definitions. The server decides; this only hides buttons that it would refuse. */
export function mayPublish(roles: readonly string[]): boolean {
  return roles.includes("operator") || roles.includes("admin");
}
