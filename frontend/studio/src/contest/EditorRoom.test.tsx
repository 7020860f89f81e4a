import { EditorView } from "@codemirror/view";
import { Code } from "@connectrpc/connect";
import { act, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { contestOf, definitionOf, Laurel } from "../../tests/laurel.ts";
import { openStudio } from "../../tests/studio.tsx";

const second = "kind: Contest\nid: t_sprint\ntitle: Sprint\n";
const edited = "kind: Contest\nid: t_sprint\ntitle: Autumn\n";

/** A server with a contest of two versions that finds a problem in each line that says "broken". */
function withOne(): Laurel {
  const laurel = new Laurel();
  laurel.contests = [contestOf()];
  laurel.definitions.set("t_sprint", [
    definitionOf("t_sprint", 1, "kind: Contest\nid: t_sprint\n"),
    definitionOf("t_sprint", 2, second),
  ]);
  laurel.check = (yaml) => ({
    kind: "Contest",
    id: "t_sprint",
    problems: yaml.split("\n").flatMap((text, index) => {
      const column = text.indexOf("broken") + 1;
      return column === 0 ? [] : [{ line: index + 1, column, field: "title", message: "can't be broken" }];
    }),
  });
  return laurel;
}

const editor = () => screen.findByRole("textbox", { name: "Definition in YAML" });

/** The document in the editor. */
async function view(): Promise<EditorView> {
  const found = EditorView.findFromDOM(await editor());
  if (found === null) throw new Error("the textbox is no editor");
  return found;
}

/** Writes a document as typing does: the editor takes keys by selections that jsdom hasn't. */
async function write(text: string): Promise<void> {
  const { dispatch, state } = await view().then((found) => ({
    dispatch: (insert: string) =>
      found.dispatch({ changes: { from: 0, to: found.state.doc.length, insert } }),
    state: found.state,
  }));
  expect(state.readOnly).toBe(false);
  act(() => dispatch(text));
}

const written = async () => (await view()).state.doc.toString();
const publish = () => screen.getByRole("button", { name: "Publish" });
const isReady = () => waitFor(() => expect(publish().hasAttribute("disabled")).toBe(false));
const published = (laurel: Laurel) =>
  laurel.asked<{ yaml: string; baseVersion: number }>("publishDefinition");

/** What somebody answers who is asked whether to leave. */
let leaves = true;
beforeEach(() => {
  leaves = true;
  window.confirm = vi.fn(() => leaves);
});

describe("the editor", () => {
  it("starts from the newest version and says which one publishing makes", async () => {
    await openStudio("/contests/t_sprint/edit", withOne());
    expect(await written()).toBe(second);
    expect(screen.getByRole("heading", { level: 1, name: "Edit t_sprint" })).toBeDefined();
    expect(screen.getByText(/Publishing makes version 3/)).toBeDefined();
    expect((await editor()).getAttribute("dir")).toBe("ltr");
  });

  it("shows what the server has its author know, warnings first", async () => {
    const laurel = withOne();
    laurel.check = () => ({
      kind: "Contest",
      id: "t_sprint",
      notes: [
        { text: "Currency: it cancels out." },
        { text: "min_bet_minor is in any currency.", warning: true },
      ],
    });
    await openStudio("/contests/t_sprint/edit", laurel);
    const notes = within(await screen.findByRole("list", { name: "Notes" })).getAllByRole("listitem");
    expect(notes.map(({ textContent }) => textContent?.trim())).toEqual([
      "Warning: min_bet_minor is in any currency.",
      "Currency: it cancels out.",
    ]);
    await write(edited);
    await isReady();
  });

  it("has nothing to publish before something is changed", async () => {
    const { user } = await openStudio("/contests/t_sprint/edit", withOne());
    await screen.findByText("Ready to publish");
    expect(publish().hasAttribute("disabled")).toBe(true);
    await write(`${second}  \n`); // blanks at the end change nothing
    expect(publish().hasAttribute("disabled")).toBe(true);
    await write(edited);
    await isReady();
    await user.tab();
  });

  it("starts from an earlier version that the address names, which is a change", async () => {
    const laurel = withOne();
    const { user, address } = await openStudio("/contests/t_sprint/edit?from=1", laurel);
    expect(await written()).toBe("kind: Contest\nid: t_sprint\n");
    expect(screen.getByText(/The text of version 1: publishing makes it version 3/)).toBeDefined();
    await isReady();
    await user.click(publish());
    await waitFor(() => expect(address()).toBe("/contests/t_sprint"));
    expect(published(laurel)).toMatchObject([{ yaml: "kind: Contest\nid: t_sprint\n", baseVersion: 2 }]);
  });

  it("starts a new contest from an example that can be published as it is", async () => {
    const laurel = new Laurel();
    const { user, address } = await openStudio("/contests/new", laurel, { zone: "Asia/Tehran" });
    expect(await written()).toContain("tz: Asia/Tehran");
    expect(screen.queryByRole("link", { name: "Contest" })).toBeNull();
    await isReady();
    await user.click(publish());
    await waitFor(() => expect(address()).toBe("/contests/t_example_sprint"));
    expect(published(laurel)).toMatchObject([{ baseVersion: 0 }]);
  });
});

describe("publishing", () => {
  it.each([
    ["the button", "click"],
    ["Ctrl S", "{Control>}s{/Control}"],
    ["Ctrl Enter", "{Control>}{Enter}{/Control}"],
  ])("by %s goes to the contest, tells the version and the way back", async (_, keys) => {
    const laurel = withOne();
    const { user, address } = await openStudio("/contests/t_sprint/edit", laurel);
    await write(edited);
    await isReady();
    if (keys === "click") await user.click(publish());
    else await user.keyboard(keys);
    await waitFor(() => expect(address()).toBe("/contests/t_sprint"));
    expect(published(laurel)).toMatchObject([{ yaml: edited, baseVersion: 2 }]);
    const note = (await screen.findByText("Version 3 is published.")).closest("[role=status]");
    expect(note).not.toBeNull();
    expect(
      within(note as HTMLElement)
        .getByRole("link", { name: "Go back to version 2…" })
        .getAttribute("href"),
    ).toBe("/contests/t_sprint/edit?from=2");
    expect(window.confirm).not.toHaveBeenCalled();
    expect(window.sessionStorage).toHaveLength(0);
  });

  it("goes to the list after a document of a kind that has no room", async () => {
    const laurel = new Laurel();
    laurel.check = () => ({ kind: "Currency", id: "XBT" });
    const { address, user } = await openStudio("/contests/new", laurel);
    await write("kind: Currency\nid: XBT\n");
    await isReady();
    await user.click(publish());
    await waitFor(() => expect(address()).toBe("/contests"));
  });

  it("can't be done twice while it is under way", async () => {
    const laurel = withOne();
    const answer = laurel.hold("publishDefinition");
    const { user, address } = await openStudio("/contests/t_sprint/edit", laurel);
    await write(edited);
    await isReady();
    await user.click(publish());
    await user.keyboard("{Control>}s{/Control}");
    expect(published(laurel)).toHaveLength(1);
    answer();
    await waitFor(() => expect(address()).toBe("/contests/t_sprint"));
    expect(published(laurel)).toHaveLength(1);
  });

  it("that fails says so, keeps what is written, and can be tried again", async () => {
    const laurel = withOne();
    laurel.refuse("publishDefinition", Code.PermissionDenied, "operators only");
    const { user, address } = await openStudio("/contests/t_sprint/edit", laurel);
    await write(edited);
    await isReady();
    await user.click(publish());
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("It could not be published.");
    expect(alert.textContent).toContain("operators only");
    expect(await written()).toBe(edited);
    laurel.allow("publishDefinition");
    await user.click(within(alert).getByRole("button", { name: "Try again" }));
    await waitFor(() => expect(address()).toBe("/contests/t_sprint"));
  });
});

describe("checking", () => {
  it("shows problems in the order of their lines, and leads to each", async () => {
    const { user } = await openStudio("/contests/t_sprint/edit", withOne());
    await write("kind: Contest\nid: broken\ntitle: broken\n");
    const list = await screen.findByRole("list", { name: "Problems" });
    expect(screen.getByText("2 problems")).toBeDefined();
    const buttons = within(list).getAllByRole("button");
    expect(buttons.map(({ textContent }) => textContent)).toEqual([
      "Line 2title can't be broken",
      "Line 3title can't be broken",
    ]);
    expect(
      within(list)
        .getAllByText(/can't be broken/)[0]
        ?.getAttribute("lang"),
    ).toBe("en");
    buttons[1]?.focus();
    await user.keyboard("{Enter}");
    const { state, hasFocus } = await view();
    expect(hasFocus).toBe(true);
    expect(state.sliceDoc(state.selection.main.from, state.selection.main.to)).toBe("broken");
    expect(state.doc.lineAt(state.selection.main.from).number).toBe(3);
    await user.click(screen.getAllByRole("button", { name: /^Line 2/ })[0] as HTMLElement);
    expect(document.activeElement).toBe(await editor());
  });

  it("doesn't publish what is known to be wrong", async () => {
    const laurel = withOne();
    const { user } = await openStudio("/contests/t_sprint/edit", laurel);
    await write("kind: Contest\nid: t_sprint\ntitle: broken\n");
    await screen.findByRole("list", { name: "Problems" });
    expect(publish().hasAttribute("disabled")).toBe(true);
    await user.keyboard("{Control>}s{/Control}");
    expect(published(laurel)).toHaveLength(0);
    await write(edited);
    await isReady();
    await screen.findByText("Ready to publish");
    expect(screen.queryByRole("list", { name: "Problems" })).toBeNull();
  });

  it("shows the problems for which the server refused, until the text is changed", async () => {
    const laurel = withOne();
    const { user } = await openStudio("/contests/t_sprint/edit", laurel);
    await write(edited);
    await isReady();
    const clean = laurel.check;
    laurel.check = () => ({ problems: [{ line: 0, column: 0, field: "", message: "the market is taken" }] });
    await user.click(publish());
    expect(await screen.findByRole("button", { name: /^Document.*the market is taken$/ })).toBeDefined();
    expect(screen.queryByRole("alert")).toBeNull();
    laurel.check = clean;
    await write(`${edited}scope: {}\n`);
    await screen.findByText("Ready to publish");
  });

  it("that fails is said, and doesn't take the text away", async () => {
    const laurel = withOne();
    laurel.refuse("checkDefinition", Code.InvalidArgument, "too long");
    const { user } = await openStudio("/contests/t_sprint/edit", laurel);
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("The document could not be checked.");
    expect(await written()).toBe(second);
    laurel.allow("checkDefinition");
    await user.click(within(alert).getByRole("button", { name: "Try again" }));
    await screen.findByText("Ready to publish");
    expect(screen.queryByRole("alert")).toBeNull();
  });
});

describe("what somebody else publishes meanwhile", () => {
  const theirs = "kind: Contest\nid: t_sprint\ntitle: Theirs\n";

  async function meanwhile() {
    const laurel = withOne();
    const seat = await openStudio("/contests/t_sprint/edit", laurel);
    await write(edited);
    await isReady();
    laurel.definitions.get("t_sprint")?.push(definitionOf("t_sprint", 3, theirs, "bob"));
    await seat.user.click(publish());
    const alert = within(await screen.findByRole("alert"));
    return { laurel, alert, ...seat };
  }

  it("stands beside mine, and nothing is overwritten", async () => {
    const { laurel, alert } = await meanwhile();
    const side = await alert.findByRole("textbox", { name: "Version 3, published by bob" });
    expect(side.textContent).toContain("title: Theirs");
    expect(alert.getByRole("textbox", { name: "Yours, not published" }).textContent).toContain(
      "title: Autumn",
    );
    expect(publish().hasAttribute("disabled")).toBe(true);
    expect(laurel.definitions.get("t_sprint")).toHaveLength(3);
  });

  it("is what mine goes on top of, when I say so", async () => {
    const { laurel, alert, user, address } = await meanwhile();
    await user.click(alert.getByRole("button", { name: "Go on with mine, on top of version 3" }));
    await waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
    expect(await written()).toBe(edited);
    await isReady();
    await user.click(publish());
    await waitFor(() => expect(address()).toBe("/contests/t_sprint"));
    expect(published(laurel).at(-1)).toMatchObject({ yaml: edited, baseVersion: 3 });
  });

  it("is what I take instead of mine, when I say so", async () => {
    const { alert, user } = await meanwhile();
    await user.click(alert.getByRole("button", { name: "Take theirs and drop mine" }));
    await waitFor(async () => expect(await written()).toBe(theirs));
    expect(screen.queryByRole("alert")).toBeNull();
    await waitFor(() => expect(publish().hasAttribute("disabled")).toBe(true));
    expect(window.sessionStorage).toHaveLength(0);
  });
});

describe("what is written and not published", () => {
  it("is not left behind without a question", async () => {
    leaves = false;
    const { user, address } = await openStudio("/contests/t_sprint/edit", withOne());
    await write(edited);
    await user.click(screen.getByRole("link", { name: "Pulse" }));
    expect(window.confirm).toHaveBeenCalledWith("Leave without publishing your changes?");
    expect(address()).toBe("/contests/t_sprint/edit");
    expect(await written()).toBe(edited);
    leaves = true;
    await user.click(screen.getByRole("link", { name: "Contests" }));
    await waitFor(() => expect(address()).toBe("/contests"));
    expect(window.sessionStorage).toHaveLength(0);
  });

  it("asks nothing where nothing was changed", async () => {
    const { user, address } = await openStudio("/contests/t_sprint/edit", withOne());
    await editor();
    await user.click(screen.getByRole("link", { name: "Contests" }));
    await waitFor(() => expect(address()).toBe("/contests"));
    expect(window.confirm).not.toHaveBeenCalled();
  });

  it("is kept through a session that ends, and is back after the sign-in", async () => {
    const laurel = withOne();
    const { user, address, again } = await openStudio("/contests/t_sprint/edit", laurel);
    await write(edited);
    laurel.operator = undefined;
    await again();
    await waitFor(() => expect(address()).toContain("/signin"));
    expect(window.confirm).not.toHaveBeenCalled();
    await user.type(await screen.findByLabelText("Name"), "ada");
    await user.type(screen.getByLabelText("Password"), "x");
    await user.click(screen.getByRole("button", { name: "Sign in" }));
    expect(await screen.findByText("What you wrote is back")).toBeDefined();
    expect(await written()).toBe(edited);
    await user.click(screen.getByRole("button", { name: "Drop it" }));
    await waitFor(async () => expect(await written()).toBe(second));
    expect(screen.queryByText("What you wrote is back")).toBeNull();
  });

  it("is nobody else's to find", async () => {
    const laurel = withOne();
    const first = await openStudio("/contests/t_sprint/edit", laurel);
    await write(edited);
    expect(window.sessionStorage).toHaveLength(1);
    laurel.operator = { name: "bob", roles: ["operator"] };
    await act(async () => first.studio.queryClient.clear());
    await openStudio("/contests/t_sprint/edit", laurel);
    const editors = await waitFor(() => {
      const found = screen.getAllByRole("textbox", { name: "Definition in YAML" });
      expect(found).toHaveLength(2);
      return found;
    });
    expect(editors[1]?.textContent).toContain("title: Sprint");
    expect(screen.queryByText("What you wrote is back")).toBeNull();
  });
});
