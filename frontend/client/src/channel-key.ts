import type { Channel } from "./gen/laurel/v1/realtime_pb.js";
import type { Plain } from "./plain.js";

/** ChannelKey names something that can be watched. */
export type ChannelKey = Plain<Channel>;

/** boardChannel names the board of a contest. */
export const boardChannel = (contestId: string): ChannelKey => ({
  channel: { case: "board", value: { contestId } },
});

/** contestIdOf is the contest whose board a channel is; empty for none. */
export const contestIdOf = (key: ChannelKey | undefined): string =>
  key?.channel.case === "board" ? key.channel.value.contestId : "";
