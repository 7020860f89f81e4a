/** PageSignal is what the page tells a socket. `left` means that the browser is putting the page away at once. */
export type PageSignal = "shown" | "hidden" | "left" | "online" | "offline";

/** Page is what a socket asks of the page it lives in. */
export interface Page {
  /** Whether nobody can see the page now. */
  readonly hidden: boolean;
  /** Whether the device says it has a network. Only a hint: it is wrong both ways on some machines. */
  readonly online: boolean;
  /** Calls the listener at each signal until the returned function is called. */
  watch(listener: (signal: PageSignal) => void): () => void;
}

/** alwaysShown is a page for programs that have none: never hidden, always online. */
export const alwaysShown: Page = { hidden: false, online: true, watch: () => () => undefined };

/** browserPage reads the signals of the document and window it runs in; outside a browser it is alwaysShown. */
export function browserPage(): Page {
  if (typeof document === "undefined" || typeof window === "undefined") return alwaysShown;
  return {
    get hidden() {
      return document.visibilityState === "hidden";
    },
    get online() {
      return navigator.onLine;
    },
    watch(listener) {
      const stop = new AbortController();
      const options = { signal: stop.signal };
      document.addEventListener(
        "visibilitychange",
        () => listener(document.visibilityState === "hidden" ? "hidden" : "shown"),
        options,
      );
      // A page kept in the back/forward cache may hold no open socket.
      window.addEventListener("pagehide", () => listener("left"), options);
      window.addEventListener("pageshow", () => listener("shown"), options);
      window.addEventListener("online", () => listener("online"), options);
      window.addEventListener("offline", () => listener("offline"), options);
      return () => stop.abort();
    },
  };
}
