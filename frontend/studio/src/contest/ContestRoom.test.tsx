import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { ContestState, PointsCurrency } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { contestOf, definitionOf, Laurel } from "../../tests/laurel.ts";
import { openStudio } from "../../tests/studio.tsx";

const yaml = "kind: Contest\nid: t_sprint\ntitle: October Sprint\n";

/** A server with one contest of three versions. */
function withOne(changes: Parameters<typeof contestOf>[0] = {}): Laurel {
  const laurel = new Laurel();
  laurel.contests = [contestOf(changes)];
  laurel.definitions.set("t_sprint", [
    definitionOf("t_sprint", 1, "kind: Contest\nid: t_sprint\n", "ada"),
    definitionOf("t_sprint", 2, "kind: Contest\nid: t_sprint\ntitle: Sprint\n", "گلناز"),
    definitionOf("t_sprint", 3, yaml, "bob"),
  ]);
  return laurel;
}

const link = (name: string) => screen.getByRole("link", { name });
const fact = (name: string) => screen.getByText(name, { selector: "dt" }).nextElementSibling?.textContent;

describe("a contest's room", () => {
  it("shows nothing of a contest before it is read", async () => {
    const laurel = withOne();
    const answer = laurel.hold("getContest");
    await openStudio("/contests/t_sprint", laurel);
    await screen.findByRole("main");
    expect(screen.queryByRole("heading", { level: 1 })).toBeNull();
    expect(screen.queryByRole("alert")).toBeNull();
    answer();
    expect(await screen.findByRole("heading", { level: 1, name: "October Sprint" })).toBeDefined();
    await waitFor(() => expect(document.title).toBe("October Sprint · Laurel"));
  });

  it("leads on to the board, the editor and the widget", async () => {
    await openStudio("/contests/t_sprint", withOne());
    await screen.findByRole("heading", { level: 1 });
    expect(link("Live board").getAttribute("href")).toBe("/contests/t_sprint/board");
    expect(link("Edit").getAttribute("href")).toBe("/contests/t_sprint/edit");
    expect(link("Widget demo").getAttribute("href")).toBe("/demo?contest=t_sprint");
  });

  it("offers who only looks no editor and no way back to an earlier version", async () => {
    const laurel = withOne();
    laurel.operator = { name: "vera", roles: ["viewer"] };
    await openStudio("/contests/t_sprint?since=1", laurel);
    await screen.findByRole("region", { name: "What changed since version 1" });
    expect(screen.queryByRole("link", { name: "Edit" })).toBeNull();
    expect(screen.queryByRole("link", { name: /Go back to version/ })).toBeNull();
    expect(link("Live board")).toBeDefined();
  });

  it("writes an id into addresses so that they lead to it, whatever it is", async () => {
    const laurel = new Laurel();
    laurel.contests = [contestOf({ id: "a/b c&d" })];
    await openStudio("/contests/a%2Fb%20c%26d", laurel);
    await screen.findByRole("heading", { level: 1, name: "October Sprint" });
    expect(link("Widget demo").getAttribute("href")).toBe("/demo?contest=a%2Fb%20c%26d");
    expect(laurel.asked<{ id: string }>("getContest")[0]?.id).toBe("a/b c&d");
  });
});

describe("a contest that takes no events", () => {
  it("says since when it takes no events, and why", async () => {
    const laurel = withOne({ pausedAt: timestampFromDate(new Date("2025-10-25T13:00:00Z")) });
    laurel.unreadable = 'line 3: window.tz: "right/UTC" is not a known time zone';
    await openStudio("/contests/t_sprint", laurel);
    const notice = await screen.findByRole("alert");
    expect(notice.textContent).toContain("This contest takes no events");
    expect(notice.textContent).toContain("Publish a version that can be read.");
    expect(notice.textContent).toContain(laurel.unreadable);
  });
});

describe("a contest's life", () => {
  it.each([
    [ContestState.SCHEDULED, "Scheduled", "Published, not started yet."],
    [ContestState.LIVE, "Live", "Rounds inside the window count."],
    [ContestState.CLOSING, "Closing", "Ended; late events of the window still count."],
    [ContestState.FINAL, "Final", "Standings are frozen and hashed."],
  ])("in state %i is told by one step that is current: %s", async (state, name, meaning) => {
    await openStudio("/contests/t_sprint", withOne({ state }));
    const steps = within(await screen.findByRole("list", { name: "Life cycle" })).getAllByRole("listitem");
    expect(steps).toHaveLength(4);
    const current = steps.filter((step) => step.getAttribute("aria-current") === "step");
    expect(current).toHaveLength(1);
    expect(current[0]?.textContent).toContain(name);
    expect(current[0]?.textContent).toContain(meaning);
    expect(screen.getByText(meaning)).toBeDefined();
  });

  it("gives each step's beginning in the contest's zone and in the viewer's", async () => {
    await openStudio("/contests/t_sprint", withOne(), { zone: "America/New_York" });
    const steps = within(await screen.findByRole("list", { name: "Life cycle" })).getAllByRole("listitem");
    expect(steps[1]?.textContent).toContain("25 Oct 2025, 15:00 Europe/Kyiv");
    expect(steps[1]?.textContent).toContain("25 Oct 2025, 08:00 your time");
    expect(steps[3]?.textContent).toContain("25 Oct 2025, 21:01 Europe/Kyiv");
    expect(steps[0]?.textContent).not.toContain("your time");
  });

  it("is written in UTC where the contest names a zone that nobody knows", async () => {
    await openStudio("/contests/t_sprint", withOne({ tz: "Mars/Olympus" }));
    const steps = within(await screen.findByRole("list", { name: "Life cycle" })).getAllByRole("listitem");
    expect(steps[1]?.textContent).toContain("25 Oct 2025, 12:00 UTC");
  });
});

describe("a contest's rules", () => {
  const definition = {
    window: { graceSeconds: 60 },
    scope: { markets: ["DE", "SE"] },
    scoring: {
      formula: "win.amount / bet.amount",
      minBetMinor: 1_000n,
      filter: "game.type == 'slots'",
      precision: 2,
      capPerRound: 0.5,
      currency: "EUR",
    },
    leaderboard: { type: "best_n_rounds", n: 20, tiebreaker: ["highest_single_multiplier", "user_id"] },
    antiAbuse: { minRoundDurationMs: 250n, maxRpsPerUser: 2.5, excludeAsnCategories: ["hosting"] },
    prizes: { pool: { currency: "XBT", totalMinor: 150_000_000n }, distribution: "ladder" },
  };

  it("are facts in words, with formulas as they were written", async () => {
    const laurel = withOne();
    laurel.plan = { definition, poolExponent: 8, pointsCurrency: PointsCurrency.NAMED };
    await openStudio("/contests/t_sprint", laurel);
    await screen.findByRole("region", { name: "Rules" });
    expect(fact("Players")).toBe("3");
    expect(fact("Scoring")).toBe("Best 20 rounds");
    expect(fact("Equal scores")).toBe("Highest single multiplier › User id");
    expect(fact("Late events")).toBe("count until 60 seconds after the end");
    expect(fact("Markets")).toBe("DE, SE");
    expect(fact("Brands")).toBe("Any");
    expect(fact("Least stake")).toBe("1,000 minor units");
    expect(fact("Shortest round")).toBe("250 ms; one of unknown duration does not count");
    expect(fact("Fastest pace")).toBe("2.5 rounds a second for one player");
    expect(fact("Networks left out")).toBe("hosting");
    expect(fact("Prize pool")).toBe("1.50000000 XBT, shared by place");
    for (const formula of ["win.amount / bet.amount", "game.type == 'slots'"]) {
      expect(screen.getByText(formula).getAttribute("dir")).toBe("ltr");
    }
  });

  it("are written in the digits of the language", async () => {
    const laurel = withOne();
    laurel.plan = { definition };
    await openStudio("/contests/t_sprint", laurel, { locale: "fa" });
    await screen.findByRole("heading", { level: 1 });
    expect(screen.getByText(/۱٬۰۰۰/)).toBeDefined();
    expect(screen.getByText("win.amount / bet.amount").getAttribute("dir")).toBe("ltr");
  });

  it("leave out limits that the contest doesn't set", async () => {
    const laurel = withOne();
    laurel.plan = { definition: { leaderboard: { type: "sum" } } };
    await openStudio("/contests/t_sprint", laurel);
    await screen.findByRole("region", { name: "Rules" });
    expect(fact("Scoring")).toBe("Sum of all rounds");
    for (const name of ["Least stake", "Shortest round", "Fastest pace", "Prize pool", "Only rounds where"]) {
      expect(screen.queryByText(name)).toBeNull();
    }
  });

  it("have a result hash once the contest is final, and none before", async () => {
    const laurel = withOne();
    const { again } = await openStudio("/contests/t_sprint", laurel);
    await screen.findByRole("region", { name: "Rules" });
    expect(screen.queryByText("Result hash")).toBeNull();
    laurel.contests = [contestOf({ state: ContestState.FINAL, resultHash: "5e1f" })];
    await again();
    expect(await screen.findByText("5e1f")).toBeDefined();
    expect(link("Final board")).toBeDefined();
  });
});

describe("a contest's versions", () => {
  const table = () => screen.findByRole("table", { name: "Versions" });

  it("are listed newest first; each earlier one can be compared with the newest", async () => {
    await openStudio("/contests/t_sprint", withOne(), { zone: "Asia/Kathmandu" });
    const rows = within(await table())
      .getAllByRole("row")
      .slice(1);
    expect(rows.map((row) => within(row).getByRole("rowheader").textContent)).toEqual(["3", "2", "1"]);
    const [newest, middle] = rows;
    expect(newest?.textContent).toContain("newest");
    expect(newest?.querySelector("a")).toBeNull();
    expect(middle?.textContent).toContain("20 Oct 2025, 14:45:00");
    expect(middle?.querySelector("td bdi + bdi, td:nth-child(3) bdi")?.textContent).toBe("گلناز");
    expect(link("Compare version 2 with the newest").getAttribute("href")).toBe("/contests/t_sprint?since=2");
  });

  it("are compared side by side, and the comparison is closed again", async () => {
    const { user, address } = await openStudio("/contests/t_sprint", withOne());
    await table();
    await user.click(link("Compare version 1 with the newest"));
    const region = await screen.findByRole("region", { name: "What changed since version 1" });
    expect(await within(region).findByRole("textbox", { name: "Version 1" })).toBeDefined();
    expect(within(region).getByRole("textbox", { name: "Version 3" }).textContent).toContain(
      "title: October Sprint",
    );
    expect(within(region).getByRole("link", { name: "Go back to version 1…" }).getAttribute("href")).toBe(
      "/contests/t_sprint/edit?from=1",
    );
    await user.click(within(region).getByRole("link", { name: "Close" }));
    await waitFor(() => expect(address()).toBe("/contests/t_sprint"));
    expect(screen.queryByRole("region", { name: /What changed/ })).toBeNull();
  });

  it("say that one can't be read, and the rest of the room stays", async () => {
    await openStudio("/contests/t_sprint?since=9", withOne());
    expect((await screen.findByRole("alert")).textContent).toContain("The versions can't be read.");
    expect(screen.getByRole("list", { name: "Life cycle" })).toBeDefined();
  });

  it("go on page by page", async () => {
    const laurel = withOne();
    laurel.usualPage = 2;
    const { user } = await openStudio("/contests/t_sprint", laurel);
    expect(within(await table()).getAllByRole("row")).toHaveLength(3);
    await user.click(screen.getByRole("button", { name: "Show more" }));
    await waitFor(async () => expect(within(await table()).getAllByRole("row")).toHaveLength(4));
  });
});

describe("a contest's definition", () => {
  it("is there to read and to copy, whole and exact", async () => {
    const { user } = await openStudio("/contests/t_sprint", withOne());
    const region = await screen.findByRole("region", { name: "Definition in YAML" });
    expect(region.textContent).toBe(yaml);
    expect(region.tabIndex).toBe(0);
    const panel = within(screen.getByRole("region", { name: "Definition" }));
    await user.click(panel.getByRole("button", { name: "Copy" }));
    expect(await panel.findByRole("button", { name: "Copied" })).toBeDefined();
    expect(await navigator.clipboard.readText()).toBe(yaml);
  });
});

describe("a contest that can't be read", () => {
  it.each(["/contests/t_gone", "/contests/t_gone/board", "/contests/t_gone/edit"])(
    "is not there: %s",
    async (path) => {
      const { user, address } = await openStudio(path, withOne());
      expect(
        await screen.findByRole("heading", { level: 1, name: "There is no contest t_gone" }),
      ).toBeDefined();
      await waitFor(() => expect(document.title).toBe("Not found · Laurel"));
      await user.click(screen.getByRole("link", { name: "To the contests" }));
      await waitFor(() => expect(address()).toBe("/contests"));
    },
  );

  it("says which, why, and is asked for again", async () => {
    const laurel = withOne();
    laurel.refuse("getContest", Code.PermissionDenied, "not your brand");
    const { user } = await openStudio("/contests/t_sprint", laurel);
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("The contest t_sprint can't be read.");
    expect(alert.textContent).toContain("not your brand");
    laurel.allow("getContest");
    await user.click(within(alert).getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("heading", { level: 1, name: "October Sprint" })).toBeDefined();
  });

  it("stays on the screen where it was read before, and says that it may be old", async () => {
    const laurel = withOne();
    const { again } = await openStudio("/contests/t_sprint", laurel);
    await screen.findByRole("heading", { level: 1 });
    laurel.refuse("getContest", Code.Unavailable);
    await again();
    expect((await screen.findByRole("alert")).textContent).toContain("What you see may be out of date.");
    expect(screen.getByRole("list", { name: "Life cycle" })).toBeDefined();
  });
});
