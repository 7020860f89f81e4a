import { useReducedMotion } from "@mantine/hooks";
import { type RefObject, useLayoutEffect, useRef } from "react";

/** How long a row slides to its new place, in milliseconds. */
const slideMillis = 280;

/** A row that rises slides over those that make room for it. */
function rises(before: number, row: HTMLElement): number {
  return before > row.offsetTop ? 2 : 1;
}

/**
 * Lets rows slide from where they were to where they are: after each drawing, a row whose offset changed starts at its old
 * offset and moves by transform only. A row that still slides goes on from where it is seen. Rows carry `data-key`.
 */
export function useRowSlide(body: RefObject<HTMLElement | null>, drawn: unknown): void {
  const reduced = useReducedMotion();
  const offsets = useRef(new Map<string, number>());
  useLayoutEffect(() => {
    const element = body.current;
    if (element === null || drawn === undefined) return;
    const next = new Map<string, number>();
    for (const row of element.children) {
      if (!(row instanceof HTMLElement)) continue;
      const key = row.dataset.key;
      if (key === undefined) continue;
      next.set(key, row.offsetTop);
      const before = offsets.current.get(key);
      if (before === undefined || before === row.offsetTop || reduced) continue;
      const running = row.getAnimations();
      const seen = running.length === 0 ? 0 : new DOMMatrixReadOnly(getComputedStyle(row).transform).m42;
      for (const animation of running) animation.cancel();
      row.animate(
        [
          { transform: `translateY(${before - row.offsetTop + seen}px)`, zIndex: rises(before, row) },
          { transform: "none", zIndex: rises(before, row) },
        ],
        {
          duration: slideMillis,
          easing: "cubic-bezier(0.2, 0, 0, 1)",
        },
      );
    }
    offsets.current = next;
  }, [body, drawn, reduced]);
}
