import { LaurelLeaderboard } from "./laurel-leaderboard.js";

// Two copies of this file on one page, say one of the shop and one of a banner, must not throw.
if (!customElements.get("laurel-leaderboard")) customElements.define("laurel-leaderboard", LaurelLeaderboard);

export type * from "./events.js";
export { LaurelLeaderboard };
