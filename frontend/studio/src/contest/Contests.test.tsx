import { Code } from "@connectrpc/connect";
import { ContestState } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { at, contestOf, Laurel } from "../../tests/laurel.ts";
import { openStudio } from "../../tests/studio.tsx";

/** A server with a contest of each state. */
function ofAllStates(): Laurel {
  const laurel = new Laurel();
  laurel.contests = [
    contestOf({ id: "t_live", title: "October Sprint", markets: ["DE", "SE"] }),
    contestOf({ id: "t_soon", title: "", state: ContestState.SCHEDULED, markets: ["SE"] }),
    contestOf({ id: "t_late", title: "Autumn Race", state: ContestState.CLOSING }),
    contestOf({
      id: "t_done",
      title: "مسابقهٔ پاییز",
      state: ContestState.FINAL,
      players: 9_007_199_254_740_993n,
    }),
  ];
  return laurel;
}

const table = () => screen.findByRole("table", { name: "Contests" });
const rowOf = async (id: string) => {
  const row = (await screen.findByText(id, { selector: "bdi" })).closest("tr");
  if (row === null) throw new Error(`${id} stands in no row`);
  return within(row);
};

describe("the list of contests", () => {
  it("says while it is read neither that there is none nor how many", async () => {
    const laurel = ofAllStates();
    const answer = laurel.hold("listContests");
    await openStudio("/contests", laurel);
    expect(await screen.findByRole("heading", { name: "Contests", level: 1 })).toBeDefined();
    expect(screen.queryByText("No contest yet")).toBeNull();
    expect(screen.queryByRole("status")).toBeNull();
    answer();
    await table();
    expect(screen.getByText("4 contests").getAttribute("role")).toBe("status");
  });

  it("teaches what a contest is while there is none, and starts from an example", async () => {
    const { user, address } = await openStudio("/contests", new Laurel());
    await screen.findByRole("heading", { name: "No contest yet" });
    expect(screen.queryByRole("textbox", { name: "Find" })).toBeNull();
    expect(screen.queryByRole("link", { name: "New contest" })).toBeNull();
    await user.click(screen.getByRole("link", { name: "Start from an example" }));
    await waitFor(() => expect(address()).toBe("/contests/new"));
  });

  it.each([[["viewer"]], [["reviewer", "finance"]]])("offers %j nothing to publish", async (roles) => {
    const empty = new Laurel();
    empty.operator = { name: "vera", roles };
    const { again } = await openStudio("/contests", empty);
    await screen.findByRole("heading", { name: "No contest yet" });
    expect(screen.queryByRole("link", { name: "Start from an example" })).toBeNull();
    empty.contests = ofAllStates().contests;
    await again();
    await table();
    expect(screen.queryByRole("link", { name: "New contest" })).toBeNull();
  });

  it("has a row for each, named by its title or its id, with its state, players and the way to its board", async () => {
    await openStudio("/contests", ofAllStates());
    await table();
    const live = await rowOf("t_live");
    expect(live.getByRole("link", { name: "October Sprint" }).getAttribute("href")).toBe("/contests/t_live");
    expect(live.getByText("Live")).toBeDefined();
    expect(live.getByText("DE, SE")).toBeDefined();
    expect(live.getByText("Best 20 rounds")).toBeDefined();
    expect(live.getByRole("link", { name: "Live board of October Sprint" }).getAttribute("href")).toBe(
      "/contests/t_live/board",
    );
    expect(screen.getByRole("link", { name: "t_soon" })).toBeDefined();
    expect((await rowOf("t_late")).getByText("Any")).toBeDefined();
    const done = await rowOf("t_done");
    expect(done.getByText("9,007,199,254,740,993")).toBeDefined();
    expect(done.getByRole("link", { name: "Final board of مسابقهٔ پاییز" })).toBeDefined();
  });

  it("sets names that people chose apart from the words around them", async () => {
    await openStudio("/contests", ofAllStates(), { locale: "fa" });
    for (const name of ["October Sprint", "مسابقهٔ پاییز", "t_soon"]) {
      const link = await screen.findByRole("link", { name });
      expect(link.querySelector("bdi")?.textContent).toBe(name);
    }
    expect(document.documentElement.dir).toBe("rtl");
  });

  it("writes the window in the contest's zone and in the viewer's where they differ", async () => {
    const laurel = ofAllStates();
    await openStudio("/contests", laurel, { zone: "Asia/Tehran" });
    await table();
    const row = await rowOf("t_live");
    // Once below the name for narrow screens, once in a column of its own.
    const there = row.getAllByText("Europe/Kyiv").map((zone) => zone.closest("p")?.textContent);
    expect(new Set(there)).toEqual(new Set(["25 Oct 2025, 15:00 – 25 Oct 2025, 21:00 Europe/Kyiv"]));
    expect(row.getAllByText(/your time/)[0]?.textContent).toBe(
      "25 Oct 2025, 15:30 – 25 Oct 2025, 21:30 your time",
    );
  });

  it("writes the window once where the viewer's clock shows the same", async () => {
    await openStudio("/contests", ofAllStates(), { zone: "Europe/Helsinki" });
    await table();
    expect(screen.queryByText(/your time/)).toBeNull();
  });

  it("warns where clocks change inside a window", async () => {
    const laurel = new Laurel();
    laurel.contests = [contestOf({ end: at("2025-10-26T18:00:00Z") })];
    await openStudio("/contests", laurel);
    await table();
    expect(screen.getAllByText("Clocks change in Europe/Kyiv during this window.").length).toBeGreaterThan(0);
  });
});

describe("the filter of contests", () => {
  it("asks the server for what is typed and keeps it in the address", async () => {
    const laurel = ofAllStates();
    const { user, address } = await openStudio("/contests", laurel);
    await user.type(await screen.findByRole("textbox", { name: "Find" }), "race");
    await waitFor(() => expect(address()).toBe("/contests?q=race"));
    expect(await screen.findByText("1 contest")).toBeDefined();
    expect(laurel.asked<{ text: string }>("listContests").at(-1)?.text).toBe("race");
    await user.click(screen.getByRole("button", { name: "Clear" }));
    await waitFor(() => expect(address()).toBe("/contests"));
    expect(await screen.findByText("4 contests")).toBeDefined();
    expect(screen.queryByRole("button", { name: "Clear" })).toBeNull();
  });

  it("chooses a state and a market by the keyboard", async () => {
    const { user, address } = await openStudio("/contests", ofAllStates());
    await table();
    await user.click(screen.getByRole("combobox", { name: "State" }));
    await user.keyboard("{ArrowDown}{ArrowDown}{Enter}");
    await waitFor(() => expect(address()).toBe("/contests?state=live"));
    await user.click(screen.getByRole("combobox", { name: "Market" }));
    const markets = await screen.findAllByRole("option");
    expect(markets.map(({ textContent }) => textContent)).toEqual(["DE", "SE"]);
    await user.keyboard("{ArrowDown}{Enter}");
    await waitFor(() => expect(address()).toBe("/contests?state=live&market=DE"));
    expect(await screen.findByText("1 contest")).toBeDefined();
  });

  it("starts from what the address says and leaves out what makes no sense", async () => {
    await openStudio("/contests?state=final&market=&q=", ofAllStates());
    expect(await screen.findByText("1 contest")).toBeDefined();
    expect(screen.getByRole("combobox", { name: "State" }).getAttribute("value")).toBe("Final");
  });

  it("says that nothing matches, and stays where it can be cleared", async () => {
    const { user } = await openStudio("/contests?q=nothing", ofAllStates());
    await screen.findByRole("heading", { name: "No contest matches" });
    expect(screen.getByText("0 contests")).toBeDefined();
    await user.click(screen.getByRole("button", { name: "Clear" }));
    await table();
  });
});

describe("a long list of contests", () => {
  it("goes on page by page without losing or repeating one", async () => {
    const laurel = new Laurel();
    laurel.usualPage = 3;
    laurel.contests = Array.from({ length: 7 }, (_, n) => contestOf({ id: `t_${n}`, title: `Race ${n}` }));
    const { user } = await openStudio("/contests", laurel);
    const titles = async () =>
      within(await table())
        .getAllByRole("link", { name: /^Race/ })
        .map(({ textContent }) => textContent);
    expect(await titles()).toEqual(["Race 0", "Race 1", "Race 2"]);
    expect(screen.getByText("the first 3 contests")).toBeDefined();
    await user.click(screen.getByRole("button", { name: "Show more" }));
    expect(await screen.findByText("the first 6 contests")).toBeDefined();
    await user.click(screen.getByRole("button", { name: "Show more" }));
    expect(await screen.findByText("7 contests")).toBeDefined();
    expect(await titles()).toEqual([0, 1, 2, 3, 4, 5, 6].map((n) => `Race ${n}`));
    expect(screen.queryByRole("button", { name: "Show more" })).toBeNull();
  });
});

describe("a long list of long contests", () => {
  it("is worked out once, and again only where a contest has changed", async () => {
    const made = vi.spyOn(Intl, "DateTimeFormat");
    const read = vi.spyOn(Intl.DateTimeFormat.prototype, "formatToParts");
    const laurel = new Laurel();
    laurel.contests = Array.from({ length: 60 }, (_, n) =>
      contestOf({
        id: `t_${n}`,
        tz: "UTC",
        start: at("2025-11-02T00:00:00Z"),
        end: at("2026-12-01T00:00:00Z"),
      }),
    );
    const { again } = await openStudio("/contests", laurel);
    await table();
    // A format takes long to make, and a window has hundreds of days.
    expect(made.mock.calls.length).toBeLessThan(60 * 4);
    expect(read.mock.calls.length).toBeLessThan(60 * 100);
    made.mockClear();
    read.mockClear();
    await again();
    expect(made).not.toHaveBeenCalled();
    expect(read).not.toHaveBeenCalled();
    laurel.contests = laurel.contests.map((each, n) => (n === 7 ? { ...each, players: 77n } : each));
    await again();
    expect((await rowOf("t_7")).getByText("77")).toBeDefined();
    expect(read.mock.calls.length).toBeLessThan(100);
    made.mockRestore();
    read.mockRestore();
  });
});

describe("contests that can't be read", () => {
  it("say why and are read when asked again", async () => {
    const laurel = ofAllStates();
    laurel.refuse("listContests", Code.PermissionDenied, "not yours");
    const { user } = await openStudio("/contests", laurel);
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("The contests can't be read.");
    expect(within(alert).getByText("not yours").getAttribute("lang")).toBe("en");
    expect(screen.queryByText("No contest yet")).toBeNull();
    laurel.allow("listContests");
    await user.click(within(alert).getByRole("button", { name: "Try again" }));
    await table();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("stay on the screen when they could be read before", async () => {
    const laurel = ofAllStates();
    const { again } = await openStudio("/contests", laurel);
    await table();
    laurel.refuse("listContests", Code.Unavailable, "restarting");
    await again();
    expect((await screen.findByRole("alert")).textContent).toContain("The server can't be reached.");
    expect(screen.getByRole("link", { name: "October Sprint" })).toBeDefined();
  });
});
