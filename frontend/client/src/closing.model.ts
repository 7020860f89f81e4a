/** Closing is what a close code of the server asks of a client. */
export type Closing = "token" | "wait" | "again";

const tokenRefused = 4001;
const protocolBroken = 4000;
const tooManyFrames = 4029;

/**
 * closingOf reads a close code as realtime.proto states it: 4001 wants another token; 4000 and 4029 end the same way
 * when tried again at once, so the longest wait is due; everything else is an ordinary break.
 */
export function closingOf(code: number): Closing {
  switch (code) {
    case tokenRefused:
      return "token";
    case protocolBroken:
    case tooManyFrames:
      return "wait";
    default:
      return "again";
  }
}
