import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Board } from "@laurel/client";
import { ContestState } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import { OwnPlaceSchema } from "@laurel/client/gen/laurel/v1/leaderboard_pb.js";
import {
  GetLeaderboardResponseSchema,
  GetSnapshotResponseSchema,
  SnapshotSummarySchema,
} from "@laurel/client/gen/laurel/v1/leaderboard_service_pb.js";
import { screen, within } from "@testing-library/react";
import type { ComponentProps } from "react";
import { describe, expect, it, vi } from "vitest";
import { at, contestOf, rowOf } from "../../tests/laurel.ts";
import { draw, type Viewer } from "../../tests/studio.tsx";
import { BoardRoom } from "./BoardRoom.tsx";
import type { LiveBoard } from "./live.tsx";

type Props = ComponentProps<typeof BoardRoom>;

const rows = [rowOf(1, "Ada", 30_000), rowOf(2, "باربد", 20_000), rowOf(3, "Cem", 20_000)];
const pushed: Board = {
  contestId: "t_sprint",
  epoch: 1n,
  revision: 7n,
  contest: undefined,
  top: rows,
  total: 12_345n,
  stale: false,
  me: undefined,
};
const live: LiveBoard = { board: pushed, state: "live", refusal: undefined, heardAt: 0 };
const onSearch = vi.fn<Props["onSearch"]>();

/** A live board with what a test cares about changed. */
function props(changes: Partial<Props> = {}): Props {
  return {
    contest: contestOf(),
    resultHash: "",
    search: { top: 25 },
    onSearch,
    live,
    fallback: undefined,
    found: { place: undefined, error: null },
    why: { answer: undefined, error: null },
    snapshots: [],
    kept: undefined,
    keptError: null,
    ...changes,
  };
}

async function board(changes: Partial<Props> = {}, viewer: Viewer = {}) {
  onSearch.mockClear();
  return await draw(<BoardRoom {...props(changes)} />, viewer);
}

const table = () => screen.getByRole("table", { name: "Board of October Sprint" });
const cells = (row: HTMLElement | undefined) =>
  within(row as HTMLElement)
    .getAllByRole("cell")
    .map(({ textContent }) => textContent);
const summary = (number: bigint, takenAt: string) =>
  create(SnapshotSummarySchema, { number, takenAt: at(takenAt), total: 3n });

describe("a board", () => {
  it("has a row for each place: who, how much, and how far behind", async () => {
    await board();
    const [, first, second, third] = within(table()).getAllByRole("row");
    expect(cells(first)).toEqual(["", "1", "300.00", ""]);
    expect(cells(second)).toEqual(["", "2", "200.00", "100.00"]);
    expect(cells(third)).toEqual(["", "3", "200.00", "tied"]);
    expect(screen.getByRole("rowheader", { name: /باربد/ }).querySelector("bdi")?.textContent).toBe("باربد");
    expect(screen.getByText("12,345 players")).toBeDefined();
  });

  it("is exact to the last digit of 64 bits", async () => {
    const top = [rowOf(1, "Ada", 9_223_372_036_854_775_807n), rowOf(2, "Bob", -9_223_372_036_854_775_807n)];
    await board({ live: { ...live, board: { ...pushed, top } } });
    const [, first, second] = within(table()).getAllByRole("row");
    expect(cells(first)?.[2]).toBe("92,233,720,368,547,758.07");
    expect(cells(second)?.[3]).toBe("184,467,440,737,095,516.14");
  });

  it("is written in the language's digits and mirrored, with names as people chose them", async () => {
    await board({}, { locale: "fa" });
    const [, first] = within(screen.getByRole("table")).getAllByRole("row");
    expect(cells(first)?.[2]).toBe("۳۰۰٫۰۰");
    expect(
      within(first as HTMLElement)
        .getByText("Ada")
        .getAttribute("dir"),
    ).toBe("auto");
    expect(document.documentElement.dir).toBe("rtl");
  });

  it("shows what a call gave until something is pushed", async () => {
    const fallback = create(GetLeaderboardResponseSchema, { top: [rowOf(1, "Zoe", 1)], total: 1n });
    await board({ live: { ...live, board: undefined, state: "reconnecting" }, fallback });
    expect(within(table()).getByText("Zoe")).toBeDefined();
    expect(screen.getByText("1 player")).toBeDefined();
  });

  it("shows neither rows nor that there are none before the first answer", async () => {
    await board({ live: { ...live, board: undefined, state: "connecting" } });
    expect(screen.queryByRole("table")).toBeNull();
    expect(screen.queryByText(/Nobody/)).toBeNull();
    expect(screen.getByText("Connecting")).toBeDefined();
  });

  it.each([
    [ContestState.SCHEDULED, "Nobody has scored yet", /has not started/],
    [ContestState.LIVE, "Nobody has scored yet", /as soon as a round/],
    [ContestState.CLOSING, "Nobody has scored yet", /as soon as a round/],
    [ContestState.FINAL, "Nobody scored", /is over/],
  ])("without rows says in state %i why: %s", async (state, title, reason) => {
    const none = { ...pushed, top: [], total: 0n };
    await board({ contest: contestOf({ state }), live: { ...live, board: none } });
    expect(screen.getByRole("heading", { level: 2, name: title })).toBeDefined();
    expect(screen.getByText(reason)).toBeDefined();
    expect(screen.queryByRole("table")).toBeNull();
  });

  it("asks for more rows when more are wanted", async () => {
    const { user } = await board();
    const choice = within(screen.getByRole("radiogroup", { name: "Rows from the top" }));
    expect(choice.getAllByRole<HTMLInputElement>("radio").map(({ value }) => value)).toEqual([
      "10",
      "25",
      "50",
      "100",
    ]);
    expect(choice.getByRole<HTMLInputElement>("radio", { name: "25" }).checked).toBe(true);
    await user.click(choice.getByRole("radio", { name: "100" }));
    expect(onSearch).toHaveBeenCalledWith({ top: 100 });
  });

  it("marks the player who is looked for, and those who are compared", async () => {
    await board({ search: { top: 25, find: "u_cem", a: "u_ada", b: "u_cem" } });
    const marked = (name: string) =>
      within(table())
        .getAllByRole("row")
        .flatMap((row) => (row.hasAttribute(name) ? [row.dataset.userId] : []));
    expect(marked("data-sought")).toEqual(["u_cem"]);
    expect(marked("data-chosen")).toEqual(["u_ada", "u_cem"]);
    expect(screen.getByRole<HTMLInputElement>("checkbox", { name: "Compare Ada" }).checked).toBe(true);
  });

  it("can't compare a player without a user id, such as one who was erased", async () => {
    const erased = { ...rowOf(1, "Player 1", 5), userId: "" };
    await board({ live: { ...live, board: { ...pushed, top: [erased] } } });
    expect(screen.getByRole<HTMLInputElement>("checkbox").disabled).toBe(true);
  });
});

describe("the connection of a board", () => {
  const heardAt = Date.parse("2025-10-25T13:00:05Z");
  it.each([
    ["live", pushed, "Connected", undefined],
    ["connecting", undefined, "Connecting", undefined],
    ["paused", pushed, "Paused", undefined],
    ["reconnecting", pushed, "Reconnecting", "The connection broke; trying again."],
    ["reconnecting", undefined, "Not connected", "Live updates can't be had at the moment; trying again."],
    ["offline", pushed, "Offline", /This device is offline/],
    ["unauthorised", pushed, "Signed out", /The session ended/],
  ] as const)("in state %s says so (%#)", async (state, shown, mark, notice) => {
    await board({ live: { ...live, state, board: shown, heardAt } });
    expect(screen.getByText(mark)).toBeDefined();
    const told = screen.queryAllByRole("status").map(({ textContent }) => textContent);
    if (notice === undefined) expect(told.join("")).toBe("");
    else expect(screen.getByText(notice).closest("[role=status]")).not.toBeNull();
    expect(screen.queryByRole("table") !== null).toBe(shown !== undefined);
  });

  it("says since when a board that broke is old, in the contest's zone, without telling it again and again", async () => {
    await board({ live: { ...live, state: "offline", heardAt } }, { zone: "UTC" });
    const since = screen.getByText("The board is as of 25 Oct 2025, 16:00:05 \u2068Europe/Kyiv\u2069.");
    expect(since.getAttribute("aria-live")).toBe("off");
  });

  it("doesn't matter once the contest is final", async () => {
    await board({
      contest: contestOf({ state: ContestState.FINAL }),
      resultHash: "5e1f",
      live: { ...live, state: "offline", refusal: { code: "not_found", message: "gone" } },
    });
    expect(screen.queryByText("Offline")).toBeNull();
    expect(screen.queryByText(/This device is offline/)).toBeNull();
    expect(screen.queryByText("gone")).toBeNull();
    expect(screen.getByText("5e1f")).toBeDefined();
    expect(document.title).toBe("Final board of October Sprint · Laurel");
  });

  it("says that ranks are being rebuilt, and shows the rows all the same", async () => {
    await board({ live: { ...live, board: { ...pushed, stale: true } } });
    expect(screen.getByText(/Ranks are being rebuilt/)).toBeDefined();
    expect(table()).toBeDefined();
  });

  it("says in the server's words why it gives no board", async () => {
    const refusal = { code: "permission_denied", message: "not your brand" };
    await board({ live: { ...live, refusal } });
    expect(screen.getByText("The server gives no live board.")).toBeDefined();
    expect(screen.getByText("not your brand").getAttribute("lang")).toBe("en");
  });
});

describe("a board that is read", () => {
  const after = [rowOf(1, "Cem", 40_000), rowOf(2, "Ada", 30_000), rowOf(3, "باربد", 20_000)];
  const names = () =>
    within(table())
      .getAllByRole("rowheader")
      .map((row) => row.querySelector("bdi")?.textContent);

  const moved = (top = after) => <BoardRoom {...props({ live: { ...live, board: { ...pushed, top } } })} />;

  it("moves while nobody is in it, and says who rose and who fell", async () => {
    const { redraw } = await board();
    redraw(moved());
    expect(names()).toEqual(["Cem", "Ada", "باربد"]);
    expect(screen.getByRole("img", { name: "up 2" }).closest("tr")?.dataset.userId).toBe("u_cem");
    expect(screen.getAllByRole("img", { name: "down 1" })).toHaveLength(2);
  });

  it("keeps still under the pointer and says how much waits, and goes on when asked to", async () => {
    const { user, redraw } = await board();
    await user.hover(table());
    redraw(moved());
    expect(names()).toEqual(["Ada", "باربد", "Cem"]);
    expect(screen.getAllByText("Held while you read")[0]?.getAttribute("role")).toBe("status");
    await user.click(screen.getByRole("button", { name: "3 changes waiting: show" }));
    expect(names()).toEqual(["Cem", "Ada", "باربد"]);
  });

  it("goes on by itself when the pointer leaves", async () => {
    const { user, redraw } = await board();
    await user.hover(table());
    redraw(moved());
    await user.unhover(table());
    expect(names()).toEqual(["Cem", "Ada", "باربد"]);
    expect(screen.queryByText("Held while you read")).toBeNull();
  });

  it("keeps still while the focus is in it, also where the pointer comes and goes", async () => {
    const { user, redraw } = await board();
    screen.getByRole("checkbox", { name: "Compare Ada" }).focus();
    redraw(moved());
    await user.hover(table());
    await user.unhover(table());
    expect(names()).toEqual(["Ada", "باربد", "Cem"]);
    await user.tab();
    expect(names()).toEqual(["Ada", "باربد", "Cem"]); // on the next row, still inside
    screen.getByRole("textbox", { name: "Find a player" }).focus();
    expect(await screen.findByText("Cem")).toBeDefined();
    expect(names()).toEqual(["Cem", "Ada", "باربد"]);
  });

  it("isn't held by a finger, which has no hover", async () => {
    const { user, redraw } = await board();
    await user.pointer({ keys: "[TouchA]", target: table() });
    redraw(moved());
    expect(names()).toEqual(["Cem", "Ada", "باربد"]);
  });

  it("is never held over from another contest", async () => {
    const { user, redraw } = await board();
    await user.hover(table());
    const contest = contestOf({ id: "t_cup", title: "Cup" });
    redraw(<BoardRoom {...props({ contest, live: { ...live, board: { ...pushed, top: after } } })} />);
    const shown = screen.getByRole("table", { name: "Board of Cup" });
    expect(within(shown).getAllByRole("rowheader")[0]?.textContent).toContain("Cem");
  });
});

describe("choosing players to compare", () => {
  it.each([
    [{}, "Ada", { a: "u_ada", b: undefined }],
    [{ a: "u_ada" }, "Cem", { a: "u_ada", b: "u_cem" }],
    [{ a: "u_ada", b: "u_cem" }, "Ada", { a: "u_cem", b: undefined }],
    [{ a: "u_ada", b: "u_cem" }, "باربد", { a: "u_cem", b: "u_باربد" }],
  ])("%o and %s make %o, by the keyboard", async (chosen, name, search) => {
    const { user } = await board({ search: { top: 25, ...chosen } });
    screen.getByRole("checkbox", { name: `Compare ${name}` }).focus();
    await user.keyboard(" ");
    expect(onSearch).toHaveBeenCalledExactlyOnceWith(search);
  });

  it.each([
    [{}, /^Tick two players/],
    [{ a: "u_ada" }, "Tick one more player to compare with."],
  ])("with %o says what to do next", async (chosen, hint) => {
    await board({ search: { top: 25, ...chosen } });
    const panel = within(screen.getByRole("region", { name: "Why is one above another?" }));
    expect(panel.getByText(hint)).toBeDefined();
  });

  it("says that the order can't be explained", async () => {
    const error = new ConnectError("no such player", Code.NotFound);
    await board({ search: { top: 25, a: "u_ada", b: "u_x" }, why: { answer: undefined, error } });
    expect(screen.getByRole("alert").textContent).toContain("The order can't be explained.");
    expect(table()).toBeDefined();
  });
});

describe("looking for a player", () => {
  const place = create(OwnPlaceSchema, { row: rows[1], toNextUnits: 10_000n, around: rows });

  it("sends the id without the blanks around it, and nothing where it is empty", async () => {
    const { user } = await board();
    const field = screen.getByRole("textbox", { name: "Find a player" });
    await user.type(field, " u_9 {Enter}");
    expect(onSearch).toHaveBeenLastCalledWith({ find: "u_9" });
    await user.clear(field);
    await user.click(screen.getByRole("button", { name: "Find" }));
    expect(onSearch).toHaveBeenLastCalledWith({ find: undefined });
  });

  it("keeps what is typed until another player is looked for", async () => {
    const { user, redraw } = await board({ search: { top: 25, find: "u_1" } });
    const field = screen.getByRole<HTMLInputElement>("textbox", { name: "Find a player" });
    await user.type(field, "0");
    redraw(<BoardRoom {...props({ search: { top: 50, find: "u_1" } })} />);
    expect(field.value).toBe("u_10");
    redraw(<BoardRoom {...props({ search: { top: 50, find: "u_2" } })} />);
    expect(field.value).toBe("u_2");
  });

  it("says that it is looking, then where the player stands, and who is around", async () => {
    const search = { top: 25 as const, find: rows[1]?.userId ?? "" };
    const { redraw, user } = await board({ search });
    const panel = within(screen.getByRole("region", { name: `Player ${search.find}` }));
    expect(panel.getByText("Looking…")).toBeDefined();
    redraw(<BoardRoom {...props({ search, found: { place, error: null } })} />);
    expect(panel.getAllByRole("definition").map(({ textContent }) => textContent)).toEqual([
      "باربد",
      "2 of 12,345",
      "200.00",
      "100.00",
    ]);
    const around = panel.getByRole("table", { name: `Players around ${search.find}` });
    expect(within(around).getAllByRole("rowheader")).toHaveLength(3);
    await user.click(panel.getByRole("button", { name: "Close" }));
    expect(onSearch).toHaveBeenLastCalledWith({ find: undefined });
  });

  it("names no distance to a place above the first", async () => {
    const first = create(OwnPlaceSchema, { row: rows[0], around: rows });
    await board({ search: { top: 25, find: "u_ada" }, found: { place: first, error: null } });
    const panel = within(screen.getByRole("region", { name: "Player u_ada" }));
    expect(panel.getAllByRole("definition").at(-1)?.textContent).toBe("–");
  });

  it("says that nobody of this id has a standing", async () => {
    const nobody = create(OwnPlaceSchema, { row: { place: 0n } });
    await board({ search: { top: 25, find: "u_x" }, found: { place: nobody, error: null } });
    expect(screen.getByText(/No player with this user id/).getAttribute("role")).toBe("status");
  });

  it("says that it can't be done, and the board stays", async () => {
    const error = new ConnectError("not yours", Code.PermissionDenied);
    await board({ search: { top: 25, find: "u_x" }, found: { place: undefined, error } });
    expect(screen.getByRole("alert").textContent).toContain("The player can't be looked up.");
    expect(table()).toBeDefined();
  });
});

describe("boards that were kept", () => {
  const snapshots = [summary(2n, "2025-10-25T15:00:00Z"), summary(1n, "2025-10-25T14:00:00Z")];
  const slider = () => screen.getByRole("slider", { name: "Board kept at" });

  it.each([
    [ContestState.LIVE, /No board has been kept yet/],
    [ContestState.FINAL, "No board was kept while the contest ran."],
  ])("are none in state %i, and why", async (state, words) => {
    await board({ contest: contestOf({ state }) });
    const panel = within(screen.getByRole("region", { name: "History" }));
    expect(panel.getByText(words)).toBeDefined();
    expect(screen.queryByRole("slider")).toBeNull();
  });

  it("are gone through by the keyboard, each said with its time, up to now", async () => {
    const { user } = await board({ snapshots });
    expect(slider().getAttribute("aria-valuetext")).toBe("Now");
    slider().focus();
    await user.keyboard("{ArrowLeft}");
    expect(slider().getAttribute("aria-valuetext")).toBe("25 Oct 2025, 18:00:00 \u2068Europe/Kyiv\u2069");
    expect(onSearch).toHaveBeenLastCalledWith({ at: 2 });
    await user.keyboard("{Home}");
    expect(onSearch).toHaveBeenLastCalledWith({ at: 1 });
    await user.keyboard("{End}");
    expect(onSearch).toHaveBeenLastCalledWith({ at: undefined });
  });

  it("show the rows as they were, say so, and lead back to now", async () => {
    const kept = create(GetSnapshotResponseSchema, {
      snapshot: snapshots[1],
      top: [rowOf(1, "Zoe", 5), rowOf(2, "Yan", 4)],
    });
    const { user } = await board({ snapshots, search: { top: 25, at: 1 }, kept });
    expect(within(table()).getByText("Zoe")).toBeDefined();
    expect(within(table()).queryByText("Ada")).toBeNull();
    expect(screen.getByText(/^The board as it was at .*17:00:00.*it does not move\.$/)).toBeDefined();
    expect(slider().getAttribute("aria-valuetext")).toContain("17:00:00");
    await user.click(screen.getByRole("button", { name: "Back to now" }));
    expect(onSearch).toHaveBeenLastCalledWith({ at: undefined });
  });

  it("are cut to the rows that are wanted", async () => {
    const top = Array.from({ length: 40 }, (_, n) => rowOf(n + 1, `P${n}`, 100 - n));
    const kept = create(GetSnapshotResponseSchema, { snapshot: snapshots[0], top });
    await board({ snapshots, search: { top: 10, at: 2 }, kept });
    expect(within(table()).getAllByRole("rowheader")).toHaveLength(10);
  });

  it("that can't be read say so, without rows of now in their place", async () => {
    const keptError = new ConnectError("damaged", Code.Internal);
    await board({ snapshots, search: { top: 25, at: 1 }, keptError });
    expect(screen.getByRole("alert").textContent).toContain("This kept board can't be read.");
    expect(screen.queryByRole("table")).toBeNull();
  });
});
