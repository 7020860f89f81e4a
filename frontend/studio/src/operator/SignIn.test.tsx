import { Code } from "@connectrpc/connect";
import { screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { contestOf, Laurel } from "../../tests/laurel.ts";
import { openStudio, type Seat } from "../../tests/studio.tsx";

/** A server where nobody is signed in. */
function signedOut(): Laurel {
  const laurel = new Laurel();
  laurel.operator = undefined;
  laurel.contests = [contestOf()];
  return laurel;
}

async function signIn({ user }: Seat, name = "ada", password = "secret"): Promise<void> {
  await user.type(await screen.findByRole("textbox", { name: "Name" }), name);
  await user.type(screen.getByLabelText("Password"), password);
  await user.click(screen.getByRole("button", { name: "Sign in" }));
}

describe("somebody who isn't signed in", () => {
  it.each([
    ["/", "/signin"],
    ["/contests/t_sprint/board?a=u_1", "/signin?to=%2Fcontests%2Ft_sprint%2Fboard%3Fa%3Du_1"],
  ])("is led from %s to the sign-in, and back afterwards", async (path, signin) => {
    const seat = await openStudio(path, signedOut());
    await screen.findByRole("heading", { level: 1, name: "Sign in to Laurel" });
    expect(seat.address()).toBe(signin);
    expect(screen.queryByText(/Your session ended/)).toBeNull();
    await signIn(seat);
    await waitFor(() => expect(seat.address()).toBe(path));
    expect(await screen.findByRole("navigation", { name: "Rooms" })).toBeDefined();
  });

  it.each(["//evil.example", "https://evil.example", "/signin", "javascript:alert(1)"])(
    "is never led on to %s",
    async (to) => {
      const seat = await openStudio(`/signin?to=${encodeURIComponent(to)}`, signedOut());
      await signIn(seat);
      await waitFor(() => expect(seat.address()).toBe("/"));
    },
  );

  it("sees nothing of the studio, not even its rooms", async () => {
    await openStudio("/contests", signedOut());
    await screen.findByRole("heading", { name: "Sign in to Laurel" });
    expect(screen.queryByRole("navigation")).toBeNull();
    expect(screen.queryByText("October Sprint")).toBeNull();
  });
});

describe("the sign-in", () => {
  it("sends the name without the blanks around it and the password as it is", async () => {
    const laurel = signedOut();
    const seat = await openStudio("/signin", laurel);
    await signIn(seat, "  ada ", " with blanks ");
    await waitFor(() => expect(laurel.asked("signIn")).toHaveLength(1));
    expect(laurel.asked("signIn")[0]).toMatchObject({ name: "ada", password: " with blanks " });
  });

  it("works by the keyboard alone", async () => {
    const laurel = signedOut();
    const { user, address } = await openStudio("/signin", laurel);
    await screen.findByRole("textbox", { name: "Name" });
    await user.tab();
    await user.keyboard("ada");
    await user.tab();
    await user.keyboard("secret{Enter}");
    await waitFor(() => expect(address()).toBe("/"));
  });

  it("shows the password when asked to, with a button that has a name", async () => {
    const { user } = await openStudio("/signin", signedOut());
    const password = await screen.findByLabelText<HTMLInputElement>("Password");
    await user.type(password, "secret");
    expect(password.type).toBe("password");
    await user.click(screen.getByRole("button", { name: "Show password" }));
    expect(password.type).toBe("text");
  });

  it("tells a browser which fields they are", async () => {
    await openStudio("/signin", signedOut());
    expect((await screen.findByRole("textbox", { name: "Name" })).getAttribute("autocomplete")).toBe(
      "username",
    );
    expect(screen.getByLabelText("Password").getAttribute("autocomplete")).toBe("current-password");
  });

  it("says that name or password is wrong, and not which", async () => {
    const laurel = signedOut();
    laurel.refuse("signIn", Code.Unauthenticated, "the password of ada differs");
    const seat = await openStudio("/signin", laurel);
    await signIn(seat);
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toBe("Name or password is wrong.");
    expect(seat.address()).toBe("/signin");
    laurel.allow("signIn");
    await seat.user.click(screen.getByRole("button", { name: "Sign in" }));
    await waitFor(() => expect(seat.address()).toBe("/"));
  });

  it("says any other reason in the server's words", async () => {
    const laurel = signedOut();
    laurel.refuse("signIn", Code.ResourceExhausted, "wait 30 seconds");
    const seat = await openStudio("/signin", laurel);
    await signIn(seat);
    expect((await screen.findByRole("alert")).textContent).toContain("Signing in failed.");
    expect(screen.getByText("wait 30 seconds").getAttribute("lang")).toBe("en");
  });

  it("can't be pressed twice while it is under way", async () => {
    const laurel = signedOut();
    const answer = laurel.hold("signIn");
    const seat = await openStudio("/signin", laurel);
    await signIn(seat);
    await seat.user.click(screen.getByRole("button", { name: "Sign in" }));
    expect(laurel.asked("signIn")).toHaveLength(1);
    answer();
    await waitFor(() => expect(seat.address()).toBe("/"));
  });

  it("is there in each language, mirrored where that reads from right to left", async () => {
    await openStudio("/signin", signedOut(), { locale: "fa" });
    expect(await screen.findByRole("heading", { level: 1 })).toBeDefined();
    expect(document.documentElement.dir).toBe("rtl");
    expect(screen.queryByText("Sign in to Laurel")).toBeNull();
  });
});

describe("a session that ends", () => {
  it("leads to the sign-in, says so, and back to where one was", async () => {
    const laurel = signedOut();
    laurel.operator = { name: "ada", roles: ["operator"] };
    const seat = await openStudio("/contests?q=sprint", laurel);
    await screen.findByRole("table", { name: "Contests" });
    laurel.operator = undefined;
    await seat.again();
    await screen.findByRole("heading", { name: "Sign in to Laurel" });
    expect(screen.getByRole("status").textContent).toContain("Your session ended.");
    await signIn(seat);
    await waitFor(() => expect(seat.address()).toBe("/contests?q=sprint"));
    await screen.findByRole("table", { name: "Contests" });
  });

  it("is gone: who signs in next is himself, with his own rights", async () => {
    const laurel = signedOut();
    laurel.operator = { name: "ada", roles: ["admin"] };
    const seat = await openStudio("/contests", laurel);
    await screen.findByRole("table", { name: "Contests" });
    laurel.operator = undefined;
    await seat.again();
    await screen.findByRole("heading", { name: "Sign in to Laurel" });
    laurel.grants = ["viewer"];
    await signIn(seat, "bob");
    expect(await screen.findByRole("button", { name: /^Signed in as\s*bob$/ })).toBeDefined();
    expect(screen.queryByRole("link", { name: "Events to review" })).toBeNull();
  });

  it("leaves nothing of what one operator saw to the next", async () => {
    const laurel = signedOut();
    laurel.operator = { name: "ada", roles: ["admin"] };
    const seat = await openStudio("/contests", laurel);
    await screen.findByRole("table", { name: "Contests" });
    await seat.user.click(screen.getByRole("button", { name: /^Signed in as/ }));
    await seat.user.click(await screen.findByRole("menuitem", { name: "Sign out" }));
    await waitFor(() => expect(seat.address()).toBe("/signin"));
    expect(screen.queryByText(/Your session ended/)).toBeNull();
    laurel.contests = [];
    const answer = laurel.hold("listContests");
    await signIn(seat, "bob");
    expect(await screen.findByRole("button", { name: /^Signed in as\s*bob$/ })).toBeDefined();
    await seat.user.click(screen.getByRole("link", { name: "Contests" }));
    await screen.findByRole("heading", { level: 1, name: "Contests" });
    expect(screen.queryByText("October Sprint")).toBeNull();
    answer();
  });

  it("is over for the operator even where signing out fails", async () => {
    const laurel = new Laurel();
    const { user, address } = await openStudio("/contests", laurel);
    await user.click(await screen.findByRole("button", { name: /^Signed in as/ }));
    laurel.refuse("signOut", Code.Unavailable);
    await user.click(await screen.findByRole("menuitem", { name: "Sign out" }));
    await waitFor(() => expect(address()).toBe("/signin"));
  });
});
