import { Code } from "@connectrpc/connect";
import { ContestState } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { contestOf, Laurel } from "../../tests/laurel.ts";
import { openStudio } from "../../tests/studio.tsx";

const roles = (...given: string[]): Laurel => {
  const laurel = new Laurel();
  laurel.operator = { name: "گلناز", roles: given };
  return laurel;
};

const rooms = async () =>
  within(await screen.findByRole("navigation", { name: "Rooms" }))
    .getAllByRole("link")
    .map(({ textContent }) => textContent);

describe("the frame around each room", () => {
  it.each([
    [["viewer"], ["Pulse", "Contests"]],
    [["finance"], ["Pulse", "Contests"]],
    [["reviewer"], ["Pulse", "Contests", "Events to review"]],
    [["operator"], ["Pulse", "Contests", "Events to review"]],
    [["admin"], ["Pulse", "Contests", "Events to review"]],
  ])("leads %j to %j", async (given, names) => {
    await openStudio("/contests", roles(...given));
    expect(await rooms()).toEqual(names);
  });

  it("says which room one is in, also deeper inside it", async () => {
    const laurel = new Laurel();
    laurel.contests = [contestOf()];
    await openStudio("/contests/t_sprint", laurel);
    const ways = within(await screen.findByRole("navigation", { name: "Rooms" }));
    expect(ways.getByRole("link", { name: "Contests" }).getAttribute("aria-current")).toBe("page");
    expect(ways.getByRole("link", { name: "Pulse" }).getAttribute("aria-current")).toBeNull();
  });

  it("begins with a link that skips to the content", async () => {
    const { user } = await openStudio("/contests", new Laurel());
    await screen.findByRole("heading", { level: 1 });
    await user.tab();
    expect(document.activeElement?.textContent).toBe("Skip to the content");
    const target = document.activeElement?.getAttribute("href")?.slice(1) ?? "";
    expect(document.getElementById(target)?.tagName).toBe("MAIN");
  });

  it("moves the focus to the content when the room changes, and not when only the address does", async () => {
    const laurel = new Laurel();
    laurel.contests = [contestOf()];
    const { user } = await openStudio("/contests", laurel);
    const find = await screen.findByRole("textbox", { name: "Find" });
    await user.type(find, "s");
    expect(document.activeElement).toBe(find);
    await user.click(screen.getByRole("link", { name: "Events to review" }));
    await screen.findByRole("heading", { level: 1, name: "Dead letters" });
    expect(document.activeElement?.id).toBe("main");
  });

  it("says who is signed in, with which roles and on which version", async () => {
    const { user } = await openStudio("/contests", roles("reviewer", "finance"));
    await user.click(await screen.findByRole("button", { name: /^Signed in as\s*گلناز$/ }));
    expect(await screen.findByText("Roles: reviewer, finance")).toBeDefined();
    expect(screen.getByText("گلناز").tagName).toBe("BDI");
    expect(screen.getByText("Laurel 1.2.3").getAttribute("dir")).toBe("ltr");
  });

  it("has one heading of the first level, and a title that names the room", async () => {
    const { user } = await openStudio("/contests", new Laurel());
    for (const name of ["Contests", "Pulse"]) {
      await user.click(await screen.findByRole("link", { name }));
      await screen.findByRole("heading", { level: 1, name });
      expect(screen.getAllByRole("heading", { level: 1 })).toHaveLength(1);
      await waitFor(() => expect(document.title).toBe(`${name} · Laurel`));
    }
  });
});

describe("languages", () => {
  it("change at once, with the direction, and are kept for the next visit", async () => {
    const { user } = await openStudio("/contests", new Laurel());
    await user.click(await screen.findByRole("button", { name: "Language" }));
    const choices = await screen.findAllByRole("menuitem");
    expect(choices.map(({ textContent, lang }) => [lang, textContent])).toEqual([
      ["en", "English"],
      ["zh", "中文"],
      ["fa", "فارسی"],
    ]);
    expect(choices[0]?.getAttribute("aria-current")).toBe("true");
    await user.click(screen.getByRole("menuitem", { name: "فارسی" }));
    expect(await screen.findByRole("heading", { level: 1, name: "مسابقه‌ها" })).toBeDefined();
    expect(document.documentElement.lang).toBe("fa");
    expect(document.documentElement.dir).toBe("rtl");
    expect(window.localStorage.getItem("laurel.locale")).toBe("fa");
  });
});

describe("colour schemes", () => {
  it("are chosen, marked and kept", async () => {
    const { user } = await openStudio("/contests", new Laurel());
    await user.click(await screen.findByRole("button", { name: "Colour scheme" }));
    const auto = await screen.findByRole("menuitem", { name: "As the system" });
    expect(auto.getAttribute("aria-current")).toBe("true");
    await user.click(screen.getByRole("menuitem", { name: "Dark" }));
    expect(document.documentElement.dataset.mantineColorScheme).toBe("dark");
    expect(window.localStorage.getItem("laurel.scheme")).toBe("dark");
    await user.click(screen.getByRole("button", { name: "Colour scheme" }));
    expect((await screen.findByRole("menuitem", { name: "Dark" })).getAttribute("aria-current")).toBe("true");
  });
});

describe("the palette", () => {
  const open = async (laurel: Laurel, key = "k") => {
    const seat = await openStudio("/contests", laurel);
    await screen.findByRole("heading", { level: 1 });
    await seat.user.keyboard(`{Control>}${key}{/Control}`);
    const input = await screen.findByPlaceholderText("Go to a room, a contest or a board");
    return { ...seat, input };
  };
  const found = () =>
    within(screen.getByRole("dialog", { name: "Go to" }))
      .queryAllByRole("button")
      .map(({ textContent }) => textContent);

  it.each(["k", "p"])("opens by Ctrl %s, has a name, and closes by Escape", async (key) => {
    const { user, input } = await open(new Laurel(), key);
    expect(input.getAttribute("aria-label")).toBe("Go to");
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByPlaceholderText(/Go to a room/)).toBeNull());
  });

  it("finds each word in title and id, whatever its case, and goes there by Enter", async () => {
    const laurel = new Laurel();
    laurel.contests = [
      contestOf({ id: "t_final", title: "Autumn Cup", state: ContestState.FINAL }),
      contestOf({ id: "t/odd", title: "Autumn Race" }),
    ];
    const { user, address } = await open(laurel);
    await user.keyboard("BOARD aut T_FIN");
    await waitFor(() => expect(found()).toEqual(["Final board of Autumn Cupt_final"]));
    await user.clear(screen.getByPlaceholderText(/Go to a room/));
    await user.keyboard("board race");
    await waitFor(() => expect(found()).toHaveLength(1));
    await user.keyboard("{ArrowDown}{Enter}");
    await waitFor(() => expect(address()).toBe("/contests/t%2Fodd/board"));
  });

  it("asks the server for a contest that isn't among the first", async () => {
    const laurel = new Laurel();
    laurel.contests = Array.from({ length: 230 }, (_, n) => contestOf({ id: `t_${n}`, title: `Race ${n}` }));
    const { user, address } = await open(laurel);
    await user.keyboard("race 229");
    await waitFor(() => expect(found()).toEqual(["Race 229t_229", "Live board of Race 229t_229"]));
    const asked = laurel.asked<{ text: string }>("listContests").map(({ text }) => text);
    expect(asked.filter((text) => text !== "")).toEqual(["race 229"]);
    await user.keyboard("{ArrowDown}{Enter}");
    await waitFor(() => expect(address()).toBe("/contests/t_229"));
  });

  it("says that nothing is found", async () => {
    const { user } = await open(new Laurel());
    await user.keyboard("zzz");
    expect(await screen.findByText("Nothing found")).toBeDefined();
  });

  it.each([
    [["viewer"], []],
    [["reviewer"], ["Dead letters", "Conflicts"]],
    [["operator"], ["New contest", "Dead letters", "Conflicts"]],
  ])("offers %j, beside what everybody has, %j", async (given, more) => {
    await open(roles(...given));
    await waitFor(() => expect(found()).toContain("Sign out"));
    expect(found().filter((name) => /New|letters|Conflicts/.test(name ?? ""))).toEqual(more);
  });

  it("asks for the contests anew when it opens", async () => {
    const laurel = new Laurel();
    const { user } = await openStudio("/events/conflicts", laurel);
    await screen.findByRole("heading", { level: 1 });
    laurel.contests = [contestOf({ title: "Just Published" })];
    await user.click(screen.getAllByRole("button", { name: /Go to…/ })[0] as HTMLElement);
    expect(await screen.findByText("Just Published")).toBeDefined();
  });
});

describe("addresses that lead nowhere", () => {
  it.each(["/nowhere", "/contests/a/b/c/d"])("%s says so and leads back", async (path) => {
    const { user, address } = await openStudio(path, new Laurel());
    await screen.findByRole("heading", { level: 1, name: "There is nothing at this address" });
    await user.click(screen.getByRole("link", { name: "To the Pulse" }));
    await waitFor(() => expect(address()).toBe("/"));
  });
});

describe("a server that doesn't answer", () => {
  it("is said by the studio that could not start, which starts when asked again", async () => {
    const laurel = new Laurel();
    laurel.refuse("getSession", Code.Unavailable, "restarting");
    const { user } = await openStudio("/contests", laurel);
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("The studio could not start.");
    expect(alert.textContent).toContain("The server can't be reached.");
    laurel.allow("getSession");
    await user.click(within(alert).getByRole("button", { name: "Try again" }));
    await screen.findByRole("heading", { level: 1, name: "Contests" });
    // React tells the console of each error that a room catches.
    vi.mocked(console.error).mockClear();
  });
});
