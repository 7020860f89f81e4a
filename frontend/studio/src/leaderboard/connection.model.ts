import { ContestState } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import type { GetLeaderboardResponse } from "@laurel/client/gen/laurel/v1/leaderboard_service_pb.js";
import { instantOf } from "../ui/time.model.ts";
import type { LiveBoard } from "./live.tsx";

/**
 * What is wrong with a board's connection.
 *
 * - `broken`: the board was pushed, and no longer is
 * - `missing`: the board was never pushed, for example since the server has no socket left
 * - `offline`: the device says it has no network
 * - `unauthorised`: the session ended
 */
export type ConnectionTrouble = "broken" | "missing" | "offline" | "unauthorised";

/** What is wrong with the connection; nothing where none is needed, since the places of a final contest don't move. */
export function connectionTrouble(
  { state, board }: Pick<LiveBoard, "state" | "board">,
  contest: ContestState,
): ConnectionTrouble | undefined {
  if (contest === ContestState.FINAL) return undefined;
  switch (state) {
    case "offline":
    case "unauthorised":
      return state;
    case "reconnecting":
      return board === undefined ? "missing" : "broken";
    case "idle":
    case "connecting":
    case "live":
    case "paused":
      return undefined;
  }
}

/** When the shown places were so: the last frame where they were pushed, else when the call that gave them read them. */
export function placesAsOf(
  { board, heardAt }: Pick<LiveBoard, "board" | "heardAt">,
  fallback: Pick<GetLeaderboardResponse, "asOf"> | undefined,
): Date | undefined {
  if (board === undefined) return instantOf(fallback?.asOf);
  return heardAt === undefined ? undefined : new Date(heardAt);
}
