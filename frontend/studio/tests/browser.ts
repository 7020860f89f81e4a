import { cleanNotifications } from "@mantine/notifications";
import { spotlight } from "@mantine/spotlight";
import { act, cleanup, configure } from "@testing-library/react";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { WebSocket as Socket } from "ws";
import { activateLocale } from "../src/i18n.ts";

// What browsers have and jsdom lacks: sizes, the same for each box, and what comes of them. Motion is reduced.

class NoResize implements ResizeObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}
globalThis.ResizeObserver = NoResize;
/** jsdom's own socket sends itself events of Node's kind, which it then refuses. */
class BrowserSocket extends Socket {
  constructor(...given: ConstructorParameters<typeof Socket>) {
    super(...given);
    // A page that doesn't listen for an error hears of it by the close that follows.
    this.on("error", () => undefined);
  }
}
Object.assign(globalThis, { WebSocket: BrowserSocket });
window.matchMedia = (query: string) =>
  Object.assign(new EventTarget(), {
    matches: query.includes("prefers-reduced-motion"),
    media: query,
    onchange: null,
    addListener: () => undefined,
    removeListener: () => undefined,
  });
window.scrollTo = () => undefined;
Element.prototype.scrollIntoView = () => undefined;
Element.prototype.getAnimations = () => [];
Element.prototype.getBoundingClientRect = () => new DOMRect(8, 8, 240, 36);
Object.defineProperties(Element.prototype, { clientWidth: { value: 1280 }, clientHeight: { value: 720 } });
Range.prototype.getClientRects = () => Object.assign([], { item: () => null });
Range.prototype.getBoundingClientRect = () => new DOMRect();
HTMLCanvasElement.prototype.getContext = () => null;
Object.defineProperty(document, "fonts", { value: new EventTarget() });

// A machine with two cores that does other things as well.
configure({ asyncUtilTimeout: 10_000 });

/** jsdom is older than this element. */
const unknownTag = /The tag <%s> is unrecognized in this browser.* search$/s;

beforeEach(async () => {
  vi.spyOn(console, "error").mockReturnValue(undefined);
  process.env.TZ = "UTC";
  await activateLocale("en");
});
afterEach(() => {
  act(spotlight.close);
  cleanup();
  // What React finds wrong with what is drawn, such as two keys alike.
  const complaints = vi.mocked(console.error).mock.calls.map((words) => words.map(String).join(" "));
  expect(complaints.filter((each) => !unknownTag.test(each))).toEqual([]);
  cleanNotifications();
  window.localStorage.clear();
  window.sessionStorage.clear();
  vi.restoreAllMocks();
});
