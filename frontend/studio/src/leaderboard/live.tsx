import {
  type Board,
  type ConnectionState,
  LiveSocket,
  protoCodec,
  type Refusal,
  socketUrl,
} from "@laurel/client";
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useState,
  useSyncExternalStore,
} from "react";

const Live = createContext<LiveSocket | undefined>(undefined);

/** Keeps one live socket for all rooms, from sign-in to sign-out. The operator's cookie says who he is. */
export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const [socket] = useState(
    () => new LiveSocket({ url: socketUrl(window.location.origin), codec: protoCodec }),
  );
  useEffect(() => {
    socket.start();
    return () => socket.close();
  }, [socket]);
  return <Live value={socket}>{children}</Live>;
}

/** A board as it lives. */
export interface LiveBoard {
  /** The last whole board; undefined before the first. */
  readonly board: Board | undefined;
  readonly state: ConnectionState;
  /** Why the server gives no board. */
  readonly refusal: Refusal | undefined;
  /** When the last frame came, in milliseconds since 1970. */
  readonly heardAt: number | undefined;
}

/** What was heard of one contest. */
interface Heard {
  readonly contestId: string;
  readonly board: Board | undefined;
  readonly refusal: Refusal | undefined;
}

/** Watches a contest's board. */
export function useLiveBoard(contestId: string, top: number): LiveBoard {
  const socket = useContext(Live);
  const [heard, setHeard] = useState<Heard>();
  const watchState = useCallback(
    (changed: () => void) => socket?.onState(changed) ?? (() => undefined),
    [socket],
  );
  const state = useSyncExternalStore(watchState, () => socket?.state ?? "idle");

  useEffect(() => {
    if (socket === undefined) return;
    const subscription = socket.subscribe(
      { contestId, top, around: 0 },
      {
        onBoard: (board) => setHeard({ contestId, board, refusal: undefined }),
        onRefusal: (refusal) =>
          setHeard((before) => ({
            contestId,
            board: before?.contestId === contestId ? before.board : undefined,
            refusal,
          })),
      },
    );
    return () => subscription.unsubscribe();
  }, [socket, contestId, top]);

  const current = heard?.contestId === contestId ? heard : undefined;
  return { board: current?.board, state, refusal: current?.refusal, heardAt: socket?.heardAt };
}
