import { slideStarts } from "@laurel/client/live";

/** Longest a row may slide, in milliseconds. */
export const slideMs = 280;
/** Most rows that slide at a time. */
export const slideRows = 20;

const keyOf = (row: HTMLElement): string => row.dataset.key ?? "";

/**
 * Slide moves table rows from where they were to where they are (first, last, invert, play). It animates transform only,
 * so no layout happens on the way.
 */
export class Slide {
  #tops = new Map<string, number>();

  /** Remembers where the rows are now, mid-slide or not; call before they change. */
  remember(table: HTMLElement, rows: Iterable<HTMLElement>): void {
    const origin = table.getBoundingClientRect().top;
    this.#tops = new Map([...rows].map((row) => [keyOf(row), row.getBoundingClientRect().top - origin]));
  }

  /**
   * Slides rows from where they were remembered to where they are now; call after they changed. A row that rises passes
   * over those that make room for it, and keeps that order until the next change.
   */
  play(table: HTMLElement, rows: Iterable<HTMLElement>): void {
    const tops = this.#tops;
    this.#tops = new Map();
    if (tops.size === 0 || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const all = [...rows];
    for (const row of all) for (const animation of row.getAnimations()) animation.cancel();
    const origin = table.getBoundingClientRect().top;
    const now = all.map((row) => ({ key: keyOf(row), top: row.getBoundingClientRect().top - origin }));
    const starts = slideStarts(tops, now);
    const moves = all.flatMap((row, index) => {
      const distance = (starts[index] ?? 0) - (now[index]?.top ?? 0);
      row.style.zIndex = distance >= 1 ? "1" : "";
      return Math.abs(distance) < 1 ? [] : [{ row, distance }];
    });
    for (const { row, distance } of moves.slice(0, slideRows)) {
      row.animate([{ transform: `translateY(${distance}px)` }, { transform: "none" }], {
        duration: slideMs,
        easing: "cubic-bezier(0.2, 0, 0, 1)",
      });
    }
  }
}
