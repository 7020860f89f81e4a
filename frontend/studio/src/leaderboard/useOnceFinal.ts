import { ContestState } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import { useEffect, useEffectEvent, useRef } from "react";

/** Calls once a contest that was seen running is final: what was asked for before is not of its end. */
export function useOnceFinal(state: ContestState | undefined, then: () => void): void {
  const before = useRef<ContestState>(undefined);
  const ended = useEffectEvent(then);
  useEffect(() => {
    if (state === undefined) return;
    if (state === ContestState.FINAL && before.current !== undefined && before.current !== state) ended();
    before.current = state;
  }, [state]);
}
