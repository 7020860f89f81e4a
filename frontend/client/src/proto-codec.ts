import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { Codec } from "./frame.js";
import { ClientFrameSchema, ServerFrameSchema } from "./gen/laurel/v1/realtime_pb.js";

/** protoCodec speaks laurel.v1.proto: each frame is one binary protobuf message. */
export const protoCodec: Codec = {
  protocol: "laurel.v1.proto",
  encode: (message) => toBinary(ClientFrameSchema, create(ClientFrameSchema, { frame: message })),
  decode: (data) => {
    if (typeof data === "string") throw new TypeError("frame: text on a binary sub-protocol");
    return fromBinary(ServerFrameSchema, new Uint8Array(data)).frame;
  },
};
