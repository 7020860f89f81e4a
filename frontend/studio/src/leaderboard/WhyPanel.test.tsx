import { create } from "@bufbuild/protobuf";
import { ExplainOrderResponseSchema } from "@laurel/client/gen/laurel/v1/leaderboard_service_pb.js";
import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { at, rowOf } from "../../tests/laurel.ts";
import { draw, type Viewer } from "../../tests/studio.tsx";
import { WhyPanel } from "./WhyPanel.tsx";

const round = (eventId: string, units: bigint) => ({
  eventId,
  units,
  multiplierMicros: 2_500_000n,
  durationMs: 1_500n,
  eventTs: at("2025-10-25T13:00:00Z"),
});
const onClose = vi.fn();
const seconds = (instant: string) => BigInt(Date.parse(instant)) * 1_000n;

/** An answer in which the values up to the one that decides are there, as the server sends them. */
function answer(name: string, above: bigint, below: bigint) {
  const order = ["score", "highest_single_multiplier", "fastest_rounds", "earliest_finish_ts", "user_id"];
  const equal = order.slice(0, order.includes(name) ? order.indexOf(name) : 1);
  return create(ExplainOrderResponseSchema, {
    above: { row: rowOf(1, "Ada", 300), kept: [round("e_1", 200n), round("e_2", 100n)] },
    below: { row: rowOf(2, "باربد", 250), kept: [round("e_3", 250n)] },
    values: [
      ...equal.map((each) => ({ name: each, above: 7n, below: 7n, decided: false })),
      { name, above, below, decided: true },
    ],
  });
}

async function why(given: ReturnType<typeof answer>, viewer: Viewer = {}) {
  onClose.mockClear();
  return await draw(<WhyPanel answer={given} precision={2} zone="Europe/Kyiv" onClose={onClose} />, viewer);
}

/** A name as a sentence holds it: set apart from the words around it. */
const [ada, barbod] = ["\u2068Ada\u2069", "\u2068باربد\u2069"];

describe("why one stands above another", () => {
  it.each([
    ["score", 300n, 250n, `${ada} stands above ${barbod} by 0.50 points: 3.00 against 2.50.`],
    [
      "highest_single_multiplier",
      3_000_000n,
      2_500_000n,
      `The scores are equal. ${ada} stands above ${barbod} for the higher single multiplier: 3× against 2.5×.`,
    ],
    [
      "fastest_rounds",
      1_500n,
      2_000n,
      `All before it is equal. ${ada} stands above ${barbod} because the rounds that count took less time: 1.5 secs against 2 secs.`,
    ],
    [
      "earliest_finish_ts",
      seconds("2025-10-25T13:00:00Z"),
      seconds("2025-10-25T13:00:02Z"),
      `All before it is equal. ${ada} stands above ${barbod} for getting there 2 secs earlier.`,
    ],
    [
      "user_id",
      0n,
      0n,
      `All else is equal. ${ada} stands above ${barbod} because user id u_ada sorts before u_باربد.`,
    ],
    ["luckiest", 1_234n, 5n, `${ada} stands above ${barbod}: 1,234 against 5.`],
  ])("is told by %s in a sentence", async (name, above, below, sentence) => {
    await why(answer(name, above, below));
    expect(screen.getByRole("status").textContent).toBe(sentence);
  });

  it("shows each value beside the other, and marks the one that decides", async () => {
    await why(answer("earliest_finish_ts", seconds("2025-10-25T13:00:00Z"), seconds("2025-10-25T13:00:02Z")));
    const rows = within(screen.getByRole("table", { name: "Values of the order" })).getAllByRole("row");
    const texts = rows.slice(1).map((row) =>
      within(row)
        .getAllByRole("cell")
        .map((cell) => cell.textContent),
    );
    expect(texts.map(([, , verdict]) => verdict)).toEqual(["equal", "equal", "equal", "✓ decides"]);
    expect(texts.at(-1)?.[0]).toBe("25 Oct 2025, 16:00:00 \u2068Europe/Kyiv\u2069");
    expect(rows.filter((row) => row.dataset.decided !== undefined)).toHaveLength(1);
  });

  it("names no zone where the viewer's clock shows the same", async () => {
    const given = answer("earliest_finish_ts", seconds("2025-10-25T13:00:00Z"), 0n);
    await why(given, { zone: "Europe/Helsinki" });
    expect(screen.getByText("25 Oct 2025, 16:00:00")).toBeDefined();
  });

  it("shows the rounds behind both scores, the best of each beside the other, and their sums", async () => {
    await why(answer("score", 300n, 250n));
    const region = screen.getByRole("region", { name: "Rounds that count" });
    expect(region.tabIndex).toBe(0);
    const [, first, second, sum] = within(region).getAllByRole("row");
    const cells = (row: HTMLElement | undefined) => within(row as HTMLElement).getAllByRole("cell");
    expect(cells(first).map((cell) => cell.querySelector("bdi")?.textContent)).toEqual(["2.00", "2.50"]);
    expect(cells(first).map((cell) => cell.hasAttribute("data-better"))).toEqual([false, true]);
    expect(cells(second)[1]?.textContent).toBe("–");
    expect(cells(sum).map((cell) => cell.textContent)).toEqual(["3.00", "2.50"]);
    expect(within(region).getByTitle("Event e_3").textContent).toBe("2.50");
    expect(cells(first)[0]?.textContent).toContain("2.5× · 1.5 secs · 16:00:00");
  });

  it("draws them as a chart that says in words what it shows", async () => {
    await why(answer("score", 300n, 250n), { locale: "zh" });
    const chart = screen.getByRole("img");
    expect(chart.getAttribute("aria-label")).toContain("Ada");
    expect(chart.dir).toBe("ltr");
    await waitFor(() => expect(chart.querySelector("svg path")).not.toBeNull());
  });

  it("has no chart and no rounds where the contest keeps none", async () => {
    const given = answer("score", 300n, 250n);
    for (const side of [given.above, given.below]) if (side !== undefined) side.kept = [];
    await why(given);
    expect(screen.queryByRole("img")).toBeNull();
    expect(screen.queryByRole("region", { name: "Rounds that count" })).toBeNull();
    expect(screen.getByRole("table", { name: "Values of the order" })).toBeDefined();
  });

  it("is closed by its button", async () => {
    const { user } = await why(answer("score", 300n, 250n));
    await user.click(screen.getByRole("button", { name: "Close" }));
    expect(onClose).toHaveBeenCalledOnce();
  });
});
