import { Code } from "@connectrpc/connect";
import { boardChannel, type Contest } from "@laurel/client";
import { ContestState } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import { act, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ContestFeed, contestOf as feedOf } from "../../../client/test/contest-feed.ts";
import {
  type ClientConnection,
  type LiveServer,
  startLiveServer,
  welcome,
} from "../../../client/test/live-server.ts";
import { at, contestOf, Laurel, rowOf } from "../../tests/laurel.ts";
import { openStudio } from "../../tests/studio.tsx";

declare const jsdom: { reconfigure(settings: { url: string }): void };

/** A live contest of three players; what it sends is what a test says. */
let feed: ContestFeed;
let server: LiveServer;
const watched: { topCount: number; connection: ClientConnection }[] = [];

beforeEach(async () => {
  const entrant = (key: string, name: string, units: bigint) => ({ key, name, userId: `u_${key}`, units });
  feed = new ContestFeed(feedOf(), [
    entrant("a", "Ada", 300n),
    entrant("b", "Bob", 200n),
    entrant("c", "Cem", 100n),
  ]);
  watched.length = 0;
  server = await startLiveServer({
    onFrame: (frame, connection) => {
      if (frame.case === "hello") connection.send(welcome("ada"));
      if (frame.case !== "subscribe") return;
      const topCount = frame.value.view.value?.top ?? 0;
      watched.push({ topCount, connection });
      connection.send(feed.snapshot(feed.top(topCount), 1n));
    },
  });
  jsdom.reconfigure({ url: `${server.httpUrl}/` });
});
afterEach(async () => {
  await server.stop();
  jsdom.reconfigure({ url: "http://127.0.0.1:9/" });
});

function withContest(changes: Parameters<typeof contestOf>[0] = {}): Laurel {
  const laurel = new Laurel();
  laurel.contests = [contestOf({ title: "October sprint", ...changes })];
  return laurel;
}

/** Changes scores and tells who watches, as the server does. */
function score(key: string, units: bigint, revision: bigint, contest?: Contest): void {
  const [view] = watched.slice(-1);
  const before = feed.top(view?.topCount ?? 0);
  const entrant = feed.entrants.find((each) => each.key === key);
  if (entrant !== undefined) entrant.units = units;
  const delta = feed.delta(before, feed.top(view?.topCount ?? 0), revision);
  if (contest !== undefined && delta.case === "delta") Object.assign(delta.value, { contest });
  act(() => view?.connection.send(delta));
}

/** Waits for the board that is pushed; until then there may be what a call gave. */
const pushed = () => waitFor(() => expect(document.querySelector('tr[data-key="c"]')).not.toBeNull());
const table = () => screen.findByRole("table", { name: "Board of October sprint" });
const names = async () =>
  within(await table())
    .getAllByRole("rowheader")
    .map((row) => row.querySelector("bdi")?.textContent);

describe("a board over the live socket", () => {
  it("shows what is pushed, and each change of it", async () => {
    await openStudio("/contests/t_sprint/board", withContest());
    await pushed();
    expect(await names()).toEqual(["Ada", "Bob", "Cem"]);
    expect(await screen.findByText("Connected")).toBeDefined();
    score("c", 500n, 2n);
    const risen = await screen.findByLabelText("up 2");
    expect(risen.closest("tr")?.dataset.key).toBe("c");
    expect(await names()).toEqual(["Cem", "Ada", "Bob"]);
  });

  it("asks the socket for as many rows as the address says", async () => {
    const { user, address } = await openStudio("/contests/t_sprint/board?top=10", withContest());
    await waitFor(() => expect(watched.map(({ topCount }) => topCount)).toEqual([10]));
    await pushed();
    await user.click(screen.getByRole("radio", { name: "50" }));
    await waitFor(() => expect(watched.at(-1)?.topCount).toBe(50));
    expect(address()).toBe("/contests/t_sprint/board?top=50");
  });

  it("keeps the last board on the screen when the connection breaks, and is live again by itself", async () => {
    await openStudio("/contests/t_sprint/board", withContest());
    await pushed();
    await screen.findByText("Connected");
    act(() => watched[0]?.connection.cut());
    await waitFor(() => expect(watched).toHaveLength(2));
    expect(await names()).toEqual(["Ada", "Bob", "Cem"]);
    score("b", 400n, 2n);
    await waitFor(async () => expect((await names())[0]).toBe("Bob"));
    expect(screen.getByText("Connected")).toBeDefined();
  });

  it("turns final while somebody looks: its hash shows and the connection no longer matters", async () => {
    const laurel = withContest();
    await openStudio("/contests/t_sprint/board", laurel);
    await pushed();
    await screen.findByText("Connected");
    expect(await screen.findByText("No board has been kept yet", { exact: false })).toBeDefined();
    laurel.snapshots = [{ snapshot: { number: 1n, takenAt: at("2025-10-25T18:00:00Z"), total: 3n } }];
    score("a", 300n, 2n, feedOf({ state: ContestState.FINAL, resultHash: "5e1f" }));
    expect(await screen.findByText("5e1f")).toBeDefined();
    await waitFor(() => expect(document.title).toBe("Final board of October sprint · Laurel"));
    expect(screen.queryByText("Connected")).toBeNull();
    // What was kept by then is asked for once more, at once.
    expect(await screen.findByRole("slider", { name: "Board kept at" })).toBeDefined();
  });

  it("says in the server's words why it gives no board", async () => {
    const laurel = withContest();
    await openStudio("/contests/t_sprint/board", laurel);
    await pushed();
    await screen.findByText("Connected");
    const refusal = {
      channel: boardChannel("t_sprint"),
      code: "permission_denied",
      message: "not your brand",
    };
    act(() => watched[0]?.connection.send({ case: "error", value: refusal }));
    expect(await screen.findByText("not your brand")).toBeDefined();
    expect(await names()).toHaveLength(3);
  });
});

describe("a board without a socket", () => {
  beforeEach(async () => {
    await server.stop();
  });

  it("is asked for by calls, and says that live updates can't be had", async () => {
    const laurel = withContest();
    const { again } = await openStudio("/contests/t_sprint/board", laurel);
    expect(await screen.findByText(/Live updates can't be had/)).toBeDefined();
    expect(await names()).toEqual(["Ada", "Bob", "Cem"]);
    laurel.rows = [rowOf(1, "Zoe", 9), ...laurel.rows];
    await again();
    await waitFor(async () => expect((await names())[0]).toBe("Zoe"));
  });
});

describe("the address of a board", () => {
  it("keeps who is compared and who is looked for", async () => {
    const laurel = withContest();
    laurel.why = {
      above: { row: rowOf(1, "Ada", 300) },
      below: { row: rowOf(2, "Bob", 200) },
      values: [{ name: "score", above: 300n, below: 200n, decided: true }],
    };
    const { user, address } = await openStudio("/contests/t_sprint/board", laurel);
    // Rows that come over the socket name no user id here, so players are looked for by theirs.
    await user.type(await screen.findByRole("textbox", { name: "Find a player" }), "u_bob{Enter}");
    const panel = within(await screen.findByRole("region", { name: "Player u_bob" }));
    await user.click(await panel.findByRole("checkbox", { name: "Compare Ada" }));
    await user.click(panel.getByRole("checkbox", { name: "Compare Bob" }));
    await waitFor(() => expect(address()).toBe("/contests/t_sprint/board?a=u_ada&b=u_bob&find=u_bob"));
    expect(
      await screen.findByRole("region", { name: "Why is \u2068Ada\u2069 above \u2068Bob\u2069?" }),
    ).toBeDefined();
    expect(laurel.asked("explainOrder")[0]).toMatchObject({ userA: "u_ada", userB: "u_bob" });
    await user.click(panel.getByRole("button", { name: "Close" }));
    await waitFor(() => expect(address()).toBe("/contests/t_sprint/board?a=u_ada&b=u_bob"));
  });

  it("opens a kept board, over all that were kept however many pages they are", async () => {
    const laurel = withContest();
    laurel.snapshots = Array.from({ length: 2_500 }, (_, n) => ({
      snapshot: { number: BigInt(2_500 - n), takenAt: at("2025-10-25T14:00:00Z"), total: 1n },
      top: [rowOf(1, `Kept ${2_500 - n}`, 5)],
    }));
    const { user, address } = await openStudio("/contests/t_sprint/board?at=3", laurel);
    expect(await names()).toEqual(["Kept 3"]);
    const slider = await screen.findByRole("slider", { name: "Board kept at" });
    await waitFor(() => expect(slider.getAttribute("aria-valuemax")).toBe("2500"));
    await waitFor(() => expect(slider.getAttribute("aria-valuenow")).toBe("2"));
    slider.focus();
    await user.keyboard("{ArrowRight}");
    await waitFor(() => expect(address()).toBe("/contests/t_sprint/board?at=4"));
    await waitFor(async () => expect(await names()).toEqual(["Kept 4"]));
    await user.click(screen.getByRole("button", { name: "Back to now" }));
    await waitFor(async () => expect(await names()).toEqual(["Ada", "Bob", "Cem"]));
  });

  it("names a kept board that is gone", async () => {
    await openStudio("/contests/t_sprint/board?at=99", withContest());
    expect((await screen.findByRole("alert")).textContent).toContain("This kept board can't be read.");
  });

  it("says that the player can't be looked up, and shows the board", async () => {
    const laurel = withContest();
    laurel.refuse("getLeaderboard", Code.PermissionDenied, "players are hidden");
    await openStudio("/contests/t_sprint/board?find=u_1", laurel);
    expect((await screen.findByRole("alert")).textContent).toContain("The player can't be looked up.");
    expect(await names()).toHaveLength(3);
  });
});
