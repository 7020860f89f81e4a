import { slideStarts } from "@laurel/client";
import { useReducedMotion } from "@mantine/hooks";
import { type RefObject, useLayoutEffect, useRef } from "react";

/** How long a row slides to its new place, in milliseconds. */
const slideMillis = 280;

/** The rows of a board with their keys and offsets. */
function rowsOf(element: HTMLElement): { row: HTMLElement; key: string; top: number }[] {
  return [...element.children].flatMap((row) =>
    row instanceof HTMLElement && row.dataset.key !== undefined
      ? [{ row, key: row.dataset.key, top: row.offsetTop }]
      : [],
  );
}

/** Moves a row from an offset to its own, from where it is seen if it still slides. One that rises passes over the others. */
function slide(row: HTMLElement, from: number, to: number): void {
  const running = row.getAnimations();
  const seen = running.length === 0 ? 0 : new DOMMatrixReadOnly(getComputedStyle(row).transform).m42;
  for (const animation of running) animation.cancel();
  const zIndex = from > to ? 2 : 1;
  row.animate(
    [
      { transform: `translateY(${from - to + seen}px)`, zIndex },
      { transform: "none", zIndex },
    ],
    { duration: slideMillis, easing: "cubic-bezier(0.2, 0, 0, 1)" },
  );
}

/**
 * Lets rows slide from where they were to where they are: after each drawing, a row whose offset changed starts at its old
 * offset and moves by transform only; a newcomer starts where another left. Rows carry `data-key`.
 */
export function useRowSlide(body: RefObject<HTMLElement | null>, drawn: unknown): void {
  const reduced = useReducedMotion();
  const offsets = useRef<ReadonlyMap<string, number>>(new Map());
  useLayoutEffect(() => {
    const element = body.current;
    if (element === null || drawn === undefined) return;
    const rows = rowsOf(element);
    const starts = slideStarts(offsets.current, rows);
    offsets.current = new Map(rows.map(({ key, top }) => [key, top]));
    if (reduced) return;
    rows.forEach(({ row, top }, index) => {
      const from = starts[index] ?? top;
      if (from !== top) slide(row, from, top);
    });
  }, [body, drawn, reduced]);
}
