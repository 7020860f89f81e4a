import { Code } from "@connectrpc/connect";
import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { conflictOf, Laurel, letterOf } from "../../tests/laurel.ts";
import { openStudio } from "../../tests/studio.tsx";

/** Three letters, the newest first: two of one cause, one of another. */
function withLetters(): Laurel {
  const laurel = new Laurel();
  laurel.deadLetters = [
    letterOf(9, { reason: "stake 10432 is too high", userId: "u_7", contestId: "t_sprint" }),
    letterOf(8, { reason: "stake 99999 is too high", userId: "u_8", originEventId: "e_cause" }),
    letterOf(7, { reason: "تقسیم بر صفر", stage: "contest" }),
  ];
  return laurel;
}

function withConflicts(): Laurel {
  const laurel = new Laurel();
  laurel.conflicts = [conflictOf(9, "u_9"), conflictOf(8, "u_8"), conflictOf(7, "u_7")];
  return laurel;
}

const rows = async (name: string) =>
  within(await screen.findByRole("table", { name }))
    .getAllByRole("rowheader")
    .map((row) => within(row).getAllByRole("link")[0]?.textContent);
const fact = (name: string) => screen.getByText(name, { selector: "dt" }).nextElementSibling?.textContent;
const lists = [
  ["/events/dead-letters", "listDeadLetters", "Dead letters", withLetters],
  ["/events/conflicts", "listConflicts", "Conflicts", withConflicts],
] as const;

describe.each(lists)("%s", (path, method, name, filled) => {
  it("says while it is read neither that there is none nor how many", async () => {
    const laurel = filled();
    const answer = laurel.hold(method);
    await openStudio(path, laurel);
    await screen.findByRole("heading", { level: 1, name });
    expect(screen.queryByText(/so far/)).toBeNull();
    expect(screen.queryByRole("status")).toBeNull();
    answer();
    expect(await rows(name)).toEqual(["e_9", "e_8", "e_7"]);
    expect(screen.getByText("3 events").getAttribute("role")).toBe("status");
  });

  it("says that there is none and what would stand here", async () => {
    await openStudio(path, new Laurel());
    await screen.findByRole("heading", { level: 2, name: /^No .* so far$/ });
    expect(screen.queryByRole("textbox", { name: "Find" })).toBeNull();
    expect(screen.queryByRole("table")).toBeNull();
  });

  it("leads to the other list, and says which one this is", async () => {
    const { user, address } = await openStudio(path, filled());
    const ways = within(await screen.findByRole("navigation", { name: "Events to review" }));
    expect(ways.getByRole("link", { name }).getAttribute("aria-current")).toBe("page");
    const other = name === "Conflicts" ? "Dead letters" : "Conflicts";
    expect(ways.getByRole("link", { name: other }).getAttribute("aria-current")).toBeNull();
    await user.click(ways.getByRole("link", { name: other }));
    await screen.findByRole("heading", { level: 1, name: other });
    expect(address()).not.toBe(path);
  });

  it("says why it can't be read, and is read when asked again", async () => {
    const laurel = filled();
    laurel.refuse(method, Code.PermissionDenied, "reviewers only");
    const { user } = await openStudio(path, laurel);
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain(`The ${name.toLowerCase()} can't be read.`);
    expect(alert.textContent).toContain("reviewers only");
    laurel.allow(method);
    await user.click(within(alert).getByRole("button", { name: "Try again" }));
    expect(await rows(name)).toHaveLength(3);
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("stays on the screen when it can't be read any more", async () => {
    const laurel = filled();
    const { again } = await openStudio(path, laurel);
    await rows(name);
    laurel.refuse(method, Code.Unavailable);
    await again();
    expect((await screen.findByRole("alert")).textContent).toContain("The server can't be reached.");
    expect(await rows(name)).toHaveLength(3);
  });

  it("filters by what is typed, keeps it in the address, and clears it", async () => {
    const { user, address } = await openStudio(path, filled());
    await user.type(await screen.findByRole("textbox", { name: "Find" }), "E_8");
    await waitFor(() => expect(address()).toBe(`${path}?q=E_8`));
    expect(await screen.findByText("1 event")).toBeDefined();
    expect(await rows(name)).toEqual(["e_8"]);
    await user.clear(screen.getByRole("textbox", { name: "Find" }));
    await user.type(screen.getByRole("textbox", { name: "Find" }), "nothing");
    await screen.findByRole("heading", { name: "No event matches" });
    await user.click(screen.getByRole("button", { name: "Clear" }));
    expect(await screen.findByText("3 events")).toBeDefined();
    expect(await rows(name)).toHaveLength(3);
    expect(address()).toBe(path);
  });

  it("lets new ones wait until they are asked for, so that nothing moves under the reader", async () => {
    const laurel = filled();
    const { user, again } = await openStudio(path, laurel);
    await rows(name);
    if (name === "Conflicts") laurel.conflicts = [conflictOf(11), conflictOf(10), ...laurel.conflicts];
    else laurel.deadLetters = [letterOf(11), letterOf(10), ...laurel.deadLetters];
    await again();
    const show = await screen.findByRole("button", { name: "2 new: show" });
    expect(await rows(name)).toEqual(["e_9", "e_8", "e_7"]);
    await user.click(show);
    expect(await rows(name)).toEqual(["e_11", "e_10", "e_9", "e_8", "e_7"]);
    expect(screen.queryByRole("button", { name: /new: show/ })).toBeNull();
  });

  it("shows the first ones at once when they come into an empty list", async () => {
    const laurel = new Laurel();
    const { again } = await openStudio(path, laurel);
    await screen.findByRole("heading", { level: 2, name: /so far/ });
    laurel.conflicts = withConflicts().conflicts;
    laurel.deadLetters = withLetters().deadLetters;
    await again();
    expect(await rows(name)).toHaveLength(3);
    expect(screen.queryByRole("button", { name: /new: show/ })).toBeNull();
  });

  it("goes on page by page without losing or repeating one", async () => {
    const laurel = new Laurel();
    laurel.conflicts = Array.from({ length: 450 }, (_, n) => conflictOf(n % 60, `u_${n}`));
    for (const [n, conflict] of laurel.conflicts.entries()) conflict.eventId = `e_${n}`;
    laurel.deadLetters = Array.from({ length: 450 }, (_, n) => letterOf(n % 60, { eventId: `e_${n}` }));
    const { user } = await openStudio(path, laurel);
    expect(await rows(name)).toHaveLength(200);
    expect(screen.getByText("200 events of the newest 200")).toBeDefined();
    if (name === "Dead letters") {
      expect(
        screen.getByText(/^Counted among the newest 200 dead letters; older ones are left out\./),
      ).toBeDefined();
    }
    await user.click(screen.getByRole("button", { name: "Show more" }));
    expect(await screen.findByText("400 events of the newest 400")).toBeDefined();
    await user.click(screen.getByRole("button", { name: "Show more" }));
    expect(await screen.findByText("450 events")).toBeDefined();
    if (name === "Dead letters") {
      expect(screen.getByText(/^Counted among all dead letters: 450\./)).toBeDefined();
    }
    expect(new Set(await rows(name)).size).toBe(450);
    expect(screen.queryByRole("button", { name: "Show more" })).toBeNull();
  });

  it("finds what is older than its first page, and shows the whole list again when that is cleared", async () => {
    const laurel = new Laurel();
    laurel.conflicts = Array.from({ length: 250 }, (_, n) => conflictOf(n % 60, `u_${n}`));
    for (const [n, conflict] of laurel.conflicts.entries()) conflict.eventId = `e_${n}`;
    laurel.deadLetters = Array.from({ length: 250 }, (_, n) => letterOf(n % 60, { eventId: `e_${n}` }));
    const { user } = await openStudio(`${path}?q=e_249`, laurel);
    expect(await rows(name)).toEqual(["e_249"]);
    expect(screen.getByText("1 event")).toBeDefined();
    expect(laurel.asked<{ text: string }>(method).at(-1)?.text).toBe("e_249");
    await user.click(screen.getByRole("button", { name: "Clear" }));
    expect(await screen.findByText("200 events of the newest 200")).toBeDefined();
    expect(screen.queryByRole("button", { name: /new: show/ })).toBeNull();
  });

  it("shows one whole beside the list, marks it there, and closes it with the filter kept", async () => {
    const { user, address } = await openStudio(`${path}?q=e_`, filled());
    await user.click(await screen.findByRole("link", { name: "e_8" }));
    const detail = await screen.findByRole("region", { name: /e_8$/ });
    expect(screen.getByRole("link", { name: "e_8" }).getAttribute("aria-current")).toBe("page");
    expect(screen.getByRole("link", { name: "e_9" }).getAttribute("aria-current")).toBeNull();
    await user.click(within(detail).getByRole("link", { name: "Close" }));
    await waitFor(() => expect(address()).toBe(`${path}?q=e_`));
    expect(screen.queryByRole("region", { name: /e_8$/ })).toBeNull();
  });

  it("writes times to the second in the viewer's zone", async () => {
    await openStudio(path, filled(), { zone: "Asia/Tokyo" });
    await rows(name);
    expect(screen.getByText("25 Oct 2025, 22:34:09")).toBeDefined();
    const heads = screen.getAllByRole("columnheader").map(({ textContent }) => textContent);
    expect(heads[1]).toBe(`${name === "Conflicts" ? "Refused" : "Failed"} Asia/Tokyo`);
  });

  it("sets ids apart from the words around them where those read from right to left", async () => {
    await openStudio(path, filled(), { locale: "fa" });
    const link = await screen.findByRole("link", { name: "e_9" });
    expect(link.querySelector("bdi")?.textContent).toBe("e_9");
  });
});

describe("a dead letter", () => {
  const open = async (eventId: string, viewer = {}) => {
    const seat = await openStudio("/events/dead-letters", withLetters(), viewer);
    await seat.user.click(await screen.findByRole("link", { name: eventId }));
    await screen.findByRole("region", { name: `Dead letter ${eventId}` });
    return seat;
  };

  it("of one contest says that the event counts in the others, and leads to that contest", async () => {
    await open("e_9");
    expect(fact("Reason")).toBe("stake 10432 is too high");
    expect(fact("Failed while")).toBe("working out its points");
    expect(fact("Player")).toBe("u_7");
    expect(screen.getByText(/counts in every other contest/)).toBeDefined();
    expect(screen.getByText("t_sprint", { selector: "a bdi" }).closest("a")?.getAttribute("href")).toBe(
      "/contests/t_sprint",
    );
    expect(screen.queryByText("Emitted by Laurel")).toBeNull();
  });

  it("of all contests says that the event changed no score, and which event it comes from", async () => {
    await open("e_8");
    expect(fact("Contest")).toBe("all contests");
    expect(fact("Emitted by Laurel")).toBe("from e_cause");
    expect(screen.getByText(/but it changed no score\.$/)).toBeDefined();
  });

  it("leads to the others of its cause, whatever numbers they have", async () => {
    const { user } = await open("e_9");
    await user.click(screen.getByRole("link", { name: "1 more" }));
    await waitFor(async () => expect(await rows("Dead letters")).toEqual(["e_9", "e_8"]));
    expect(screen.getByRole("region", { name: "Dead letter e_9" })).toBeDefined();
  });

  it("that is alone has no others to lead to, and names a stage that this studio doesn't know", async () => {
    await open("e_7");
    expect(fact("Others with the same reason")).toBe("0");
    expect(fact("Failed while")).toBe("adding it to the standings");
    expect(fact("Player")).toBe("–");
  });

  it("is found by its cause, the most frequent first", async () => {
    const { user, address } = await openStudio("/events/dead-letters", withLetters());
    const causes = within(await screen.findByRole("region", { name: "Dead letters by reason" }));
    expect(causes.getByText(/^Counted among all dead letters: 3\. .*; … stands for a number/)).toBeDefined();
    const items = causes.getAllByRole("listitem");
    expect(items.map(({ textContent }) => textContent)).toEqual(["stake … is too high2", "تقسیم بر صفر1"]);
    await user.click(causes.getByRole("link", { name: "stake … is too high" }));
    await waitFor(async () => expect(await rows("Dead letters")).toEqual(["e_9", "e_8"]));
    expect(decodeURIComponent(address())).toContain("is+too+high");
  });

  it("says that only what was found is counted, and how many of the reasons are shown", async () => {
    const laurel = new Laurel();
    laurel.deadLetters = Array.from({ length: 7 }, (_, n) =>
      letterOf(n, { reason: `no ${"abcdefg".at(n)}` }),
    );
    const { user } = await openStudio("/events/dead-letters", laurel);
    const causes = within(await screen.findByRole("region", { name: "Dead letters by reason" }));
    expect(
      causes.getByText(
        "Counted among all dead letters: 7. The 5 most frequent of 7 reasons are shown. A reason is why an event could not be scored.",
      ),
    ).toBeDefined();
    expect(causes.getAllByRole("listitem")).toHaveLength(5);
    await user.type(screen.getByRole("textbox", { name: "Find" }), "no b");
    expect(await causes.findByText(/^Counted among all dead letters that were found: 1\./)).toBeDefined();
  });

  it("keeps an unknown stage in its own words", async () => {
    const laurel = new Laurel();
    laurel.deadLetters = [letterOf(1, { stage: "payout" })];
    const { user } = await openStudio("/events/dead-letters", laurel);
    await user.click(await screen.findByRole("link", { name: "e_1" }));
    await screen.findByRole("region", { name: "Dead letter e_1" });
    expect(fact("Failed while")).toBe("payout");
  });
});

describe("a conflict", () => {
  it("shows what differs, and on demand what doesn't", async () => {
    const { user } = await openStudio("/events/conflicts", withConflicts());
    await user.click(await screen.findByRole("link", { name: "e_8" }));
    const table = within(await screen.findByRole("table", { name: "Both contents" }));
    const paths = () => table.getAllByRole("rowheader").map(({ textContent }) => textContent);
    expect(paths()).toEqual(["win.amount_minor"]);
    expect(table.getAllByRole("cell").map(({ textContent }) => textContent)).toEqual(["5", "7"]);
    expect(screen.getByText("1 field differs").getAttribute("role")).toBe("status");
    await user.click(screen.getByRole("checkbox", { name: "Show equal fields too" }));
    expect(paths()).toEqual(["win.amount_minor", "event_id", "name", "user.id", "win.currency"]);
    const marked = table.getAllByRole("row").filter((row) => row.dataset.differs !== undefined);
    expect(marked).toHaveLength(1);
  });

  it("says where one content has a field that the other lacks", async () => {
    const laurel = withConflicts();
    const [conflict] = laurel.conflicts;
    if (conflict?.sent !== undefined) conflict.sent.win = undefined;
    const { user } = await openStudio("/events/conflicts", laurel);
    await user.click(await screen.findByRole("link", { name: "e_9" }));
    const table = within(await screen.findByRole("table", { name: "Both contents" }));
    expect(table.getAllByText("not there")).toHaveLength(2);
    expect(screen.getByText("2 fields differ")).toBeDefined();
  });

  it("says whose id it is: two sources may use the same one", async () => {
    const laurel = new Laurel();
    laurel.conflicts = [conflictOf(9, "u_9"), conflictOf(9, "u_8")];
    if (laurel.conflicts[0] !== undefined) laurel.conflicts[0].source = "casino-b";
    const { user } = await openStudio("/events/conflicts", laurel);
    const list = within(await screen.findByRole("table", { name: "Conflicts" }));
    expect(list.getAllByRole("rowheader").map(({ textContent }) => textContent)).toEqual([
      "e_9u_9 · source casino-b",
      "e_9u_8 · source main",
    ]);
    const [first, second] = list.getAllByRole("link", { name: "e_9" });
    if (first === undefined || second === undefined) throw new Error("a conflict has no link");
    await user.click(first);
    await screen.findByRole("region", { name: "Conflict of e_9" });
    expect(fact("Source")).toBe("casino-b");
    await user.click(second);
    await waitFor(() => expect(fact("Source")).toBe("main"));
  });

  it("starts with what differs when another is chosen", async () => {
    const { user } = await openStudio("/events/conflicts", withConflicts());
    await user.click(await screen.findByRole("link", { name: "e_8" }));
    await user.click(await screen.findByRole("checkbox", { name: "Show equal fields too" }));
    await user.click(screen.getByRole("link", { name: "e_7" }));
    await screen.findByRole("region", { name: "Conflict of e_7" });
    expect(screen.getByRole<HTMLInputElement>("checkbox").checked).toBe(false);
  });
});

describe("the address of the events to review", () => {
  it("leads to the dead letters", async () => {
    const { address } = await openStudio("/events", withLetters());
    await screen.findByRole("heading", { level: 1, name: "Dead letters" });
    expect(address()).toBe("/events/dead-letters");
  });

  it("opens the one that it names, and nothing where that is gone", async () => {
    const first = await openStudio("/events/dead-letters", withLetters());
    await first.user.click(await screen.findByRole("link", { name: "e_7" }));
    await screen.findByRole("region", { name: "Dead letter e_7" });
    const address = first.address();
    const gone = withLetters();
    gone.deadLetters.pop();
    await openStudio(address, gone);
    await waitFor(() => expect(screen.getAllByRole("table", { name: "Dead letters" })).toHaveLength(2));
    expect(screen.getAllByRole("region", { name: "Dead letter e_7" })).toHaveLength(1);
  });
});
