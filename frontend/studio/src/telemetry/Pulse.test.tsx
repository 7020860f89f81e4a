import { Code } from "@connectrpc/connect";
import { ContestState } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { at, contestOf, Laurel } from "../../tests/laurel.ts";
import { openStudio } from "../../tests/studio.tsx";

const now = at("2025-10-25T17:00:00Z");

/** Ten seconds in which events flow. */
function flowing(): Laurel {
  const laurel = new Laurel();
  const points = Array.from({ length: 10 }, (_, n) => ({
    at: at(`2025-10-25T16:59:${50 + n}Z`),
    accepted: 1_200n,
    folded: 1_200n,
    lagMs: 12n,
    sockets: 7n,
    stages: [{ stage: "push", p95Micros: 2_300n }],
  }));
  laurel.pulse = { points, now, database: "postgres", board: "redis", clock: "real" };
  laurel.contests = [contestOf()];
  return laurel;
}

/** What a figure says below its name: the value, and its note. */
const figure = (name: string) =>
  within(screen.getByText(name, { selector: "dt" }).closest("dl") as HTMLElement)
    .getAllByRole("definition")
    .map(({ textContent }) => textContent);
const health = () => screen.findByRole("status", { name: "Health" });

describe("the pulse", () => {
  it("shows no figure before the first is read", async () => {
    const laurel = flowing();
    const answer = laurel.hold("getPulse");
    await openStudio("/", laurel);
    await screen.findByRole("heading", { level: 1, name: "Pulse" });
    expect(screen.queryByRole("status", { name: "Health" })).toBeNull();
    expect(screen.queryByText("Lag")).toBeNull();
    answer();
    await health();
  });

  it.each([
    [{}, "Healthy: events are folded as they arrive."],
    [{ accepted: 0n, folded: 0n }, "Healthy and idle: no events are coming in right now."],
    [{ lagMs: 2_001n }, "Behind: events wait longer than they should to be folded."],
  ])("with %o says: %s", async (changes, sentence) => {
    const laurel = flowing();
    for (const point of laurel.pulse.points ?? []) Object.assign(point, changes);
    await openStudio("/", laurel);
    expect((await health()).textContent).toBe(sentence);
  });

  it("names what the engine leaves out until somebody publishes", async () => {
    const laurel = flowing();
    laurel.pulse.unread = [{ kind: "Contest", id: "odd", version: 2, reason: "window.tz is not known" }];
    laurel.pulse.withoutRate = [
      { contestId: "converted", events: 5n },
      { contestId: "stakes", events: 1n },
    ];
    await openStudio("/", laurel);
    await health();
    expect(screen.getByText("Contest odd: window.tz is not known")).toBeDefined();
    expect(screen.getByText("converted, stakes")).toBeDefined();
  });

  it("keeps the last figures and says so when the server doesn't answer any more", async () => {
    const laurel = flowing();
    const { again } = await openStudio("/", laurel);
    await health();
    laurel.refuse("getPulse", Code.Unavailable);
    await again();
    await waitFor(async () => expect((await health()).textContent).toContain("The server does not answer."));
    expect(figure("Events accepted per second")[0]).toBe("1,200");
    expect(screen.queryByText("The figures can't be read.")).toBeNull();
  });

  it("says why there are no figures, and reads them when asked again", async () => {
    const laurel = flowing();
    laurel.refuse("getPulse", Code.PermissionDenied, "no right to figures");
    const { user } = await openStudio("/", laurel);
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("The figures can't be read.");
    laurel.allow("getPulse");
    await user.click(within(alert).getByRole("button", { name: "Try again" }));
    await health();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("says of each number what it is and over which time", async () => {
    await openStudio("/", flowing());
    await health();
    expect(figure("Events accepted per second")).toEqual(["1,200", "12,000 accepted in the last 10 seconds"]);
    expect(figure("Lag")).toEqual(["12 ms", "age of the oldest event not yet folded"]);
    expect(figure("Push p95")).toEqual(["2.3 ms", "event to socket"]);
    expect(figure("Ingest p95")).toEqual(["–", "nothing measured yet"]);
    expect(figure("Duplicates")).toEqual(["0", "in the last 10 seconds"]);
    expect(figure("Open sockets")[0]).toBe("7");
    expect(figure("Clock")).toContain("the wall clock");
  });

  it("writes the server's time in the viewer's zone, and its numbers in the viewer's digits", async () => {
    await openStudio("/", flowing(), { zone: "Asia/Tehran", locale: "fa" });
    expect(await screen.findByText(/۱۴۰۴.*۲۰:۳۰:۰۰/)).toBeDefined();
    // The chart may have it on its axis too.
    expect(screen.getAllByText("۱٬۲۰۰", { selector: "dd" })).toHaveLength(1);
  });

  it("draws the flow as a chart that says in words what it shows", async () => {
    await openStudio("/", flowing(), { locale: "fa" });
    const chart = await screen.findByRole("img");
    expect(chart.dir).toBe("ltr");
    expect(chart.getAttribute("aria-label")).not.toBe("");
    await waitFor(() => expect(chart.querySelector("svg path")).not.toBeNull());
  });

  it("leads each count of contests to them, and no zero", async () => {
    const laurel = flowing();
    laurel.pulse.contests = [
      { state: ContestState.LIVE, count: 1n },
      { state: ContestState.FINAL, count: 12_345n },
    ];
    const { user, address } = await openStudio("/", laurel);
    const counts = within(await screen.findByRole("region", { name: "Contests by state" }));
    expect(counts.getAllByRole("link").map(({ textContent }) => textContent)).toEqual([
      "1 contest",
      "12,345 contests",
    ]);
    await user.click(counts.getByRole("link", { name: "12,345 contests" }));
    await waitFor(() => expect(address()).toBe("/contests?state=final"));
  });

  it.each([
    ["reviewer", true],
    ["viewer", false],
  ])("leads a %s to the events behind a figure: %s", async (role, leads) => {
    const laurel = flowing();
    laurel.operator = { name: "vera", roles: [role] };
    laurel.pulse.deadLetters = 3n;
    laurel.pulse.conflicts = 9_007_199_254_740_993n;
    await openStudio("/", laurel);
    await health();
    expect(figure("Dead letters")[0]).toBe("3");
    expect(figure("Conflicts")[0]).toBe("9,007,199,254,740,993");
    const links = [screen.queryByRole("link", { name: "3" }), screen.queryByRole("link", { name: /993$/ })];
    expect(links.map((link) => link?.getAttribute("href"))).toEqual(
      leads ? ["/events/dead-letters", "/events/conflicts"] : [undefined, undefined],
    );
  });
});

describe("a server that has seen no event", () => {
  it("teaches how to send the first, with a command to copy that doesn't change", async () => {
    const laurel = flowing();
    laurel.pulse = { ...laurel.pulse, points: [{ at: now }] };
    const { user, again } = await openStudio("/", laurel);
    const panel = within(await screen.findByRole("region", { name: "Send a first event" }));
    const command = panel.getByRole("region", { name: "Command" });
    expect(command.textContent).toContain(`${window.location.origin}/v1/events`);
    expect(command.textContent).toContain("2025-10-25T17:00:00.000Z");
    const before = command.textContent;
    laurel.pulse = { ...laurel.pulse, now: at("2025-10-25T17:00:09Z") };
    await again();
    expect(panel.getByRole("region", { name: "Command" }).textContent).toBe(before);
    await user.click(panel.getByRole("button", { name: "Copy" }));
    expect(await navigator.clipboard.readText()).toBe(before);
  });

  it("stops teaching once one came, even one that was refused", async () => {
    const laurel = flowing();
    laurel.pulse = { ...laurel.pulse, points: [{ at: now }] };
    const { again } = await openStudio("/", laurel);
    await screen.findByRole("region", { name: "Send a first event" });
    laurel.pulse = { ...laurel.pulse, points: [{ at: now, rejected: 1n }] };
    await again();
    await waitFor(() => expect(screen.queryByRole("region", { name: "Send a first event" })).toBeNull());
  });
});

describe("what is live now", () => {
  it("is the first places of the live contest, which lead to the full board", async () => {
    const { user, address } = await openStudio("/", flowing());
    const table = within(await screen.findByRole("table", { name: "Top of October Sprint" }));
    expect(table.getAllByRole("rowheader").map((row) => row.querySelector("bdi")?.textContent)).toEqual([
      "Ada",
      "Bob",
      "Cem",
    ]);
    expect(table.queryByRole("checkbox")).toBeNull();
    expect(screen.getByRole("timer").textContent).toBe("01:00:00 left");
    await user.click(table.getByRole("link", { name: "Bob" }));
    await waitFor(() => expect(address()).toBe("/contests/t_sprint/board?find=u_bob"));
  });

  it("says that no contest is live, and what to do about it as far as one may", async () => {
    const laurel = flowing();
    laurel.contests = [contestOf({ state: ContestState.FINAL })];
    await openStudio("/", laurel);
    expect(await screen.findByRole("heading", { name: "No contest is live" })).toBeDefined();
    expect(screen.getByRole("link", { name: "Start from an example" }).getAttribute("href")).toBe(
      "/contests/new",
    );
  });

  it("leads who may not publish to the contests", async () => {
    const laurel = flowing();
    laurel.contests = [];
    laurel.operator = { name: "vera", roles: ["viewer"] };
    await openStudio("/", laurel);
    const panel = within(await screen.findByRole("region", { name: "Live now" }));
    expect(panel.getAllByRole("link").map((link) => link.getAttribute("href"))).toEqual(["/contests"]);
  });

  it("lets one choose where several are live, and keeps the choice in the address", async () => {
    const laurel = flowing();
    laurel.contests.push(contestOf({ id: "t_cup", title: "Cup" }));
    const { user, address } = await openStudio("/", laurel);
    const choice = await screen.findByRole<HTMLInputElement>("combobox", { name: "Contest to watch" });
    expect(choice.value).toBe("October Sprint");
    await user.click(choice);
    await user.click(await screen.findByRole("option", { name: "Cup" }));
    await waitFor(() => expect(address()).toBe("/?contest=t_cup"));
    expect(await screen.findByRole("table", { name: "Top of Cup" })).toBeDefined();
  });

  it("goes on to another contest when the chosen one is over", async () => {
    const laurel = flowing();
    laurel.contests.push(contestOf({ id: "t_cup", title: "Cup" }));
    const { again } = await openStudio("/?contest=t_cup", laurel);
    await screen.findByRole("table", { name: "Top of Cup" });
    laurel.contests.pop();
    await again();
    expect(await screen.findByRole("table", { name: "Top of October Sprint" })).toBeDefined();
  });

  it("says while nobody scored why there are no rows", async () => {
    const laurel = flowing();
    laurel.rows = [];
    await openStudio("/", laurel);
    expect(await screen.findByRole("heading", { name: "Nobody has scored yet", level: 3 })).toBeDefined();
  });

  it("names the end as a date, in the contest's zone, where it is far", async () => {
    const laurel = flowing();
    laurel.contests = [contestOf({ end: at("2026-12-24T18:00:00Z") })];
    await openStudio("/", laurel);
    expect(await screen.findByText("until 24 Dec 2026, 20:00 \u2068Europe/Kyiv\u2069")).toBeDefined();
    expect(screen.queryByRole("timer")).toBeNull();
  });

  it("names the zone of the end even where it is the viewer's own", async () => {
    const laurel = flowing();
    laurel.contests = [contestOf({ end: at("2026-12-24T18:00:00Z") })];
    await openStudio("/", laurel, { zone: "Europe/Kyiv" });
    expect(await screen.findByText("until 24 Dec 2026, 20:00 \u2068Europe/Kyiv\u2069")).toBeDefined();
  });

  it("says that the contests can't be read, and the figures stay", async () => {
    const laurel = flowing();
    laurel.refuse("listContests", Code.PermissionDenied);
    await openStudio("/", laurel);
    expect((await screen.findByRole("alert")).textContent).toContain("The contests can't be read.");
    expect(await health()).toBeDefined();
  });
});
