import { type FocusEvent, type PointerEvent, useEffect, useMemo, useState } from "react";
import { type BoardRow, changesBetween } from "./board.model.ts";

/** Rows that keep still while somebody reads or works in them. */
export interface HeldRows {
  /** What to draw. */
  readonly rows: readonly BoardRow[];
  readonly held: boolean;
  /** Changes that wait until the reader leaves. */
  readonly waiting: number;
  /** Shows what waits, and goes on. */
  readonly release: () => void;
  /** For the element that holds the rows. */
  readonly handlers: {
    readonly onPointerEnter: (event: PointerEvent) => void;
    readonly onPointerLeave: () => void;
    readonly onFocus: () => void;
    readonly onBlur: (event: FocusEvent) => void;
  };
}

/** What holds the rows, and the rows as they were when the first of it came. */
interface Hold {
  readonly scope: string;
  readonly rows: readonly BoardRow[];
  readonly pointer: boolean;
  readonly focus: boolean;
}

/**
 * Holds rows while the pointer is over them or the focus is in them: nothing moves under either. Rows of another scope, such as
 * another contest, are never held back.
 */
export function useHeldRows(latest: readonly BoardRow[], scope: string): HeldRows {
  const [hold, setHold] = useState<Hold>();
  const current = hold?.scope === scope ? hold : undefined;

  const change = (by: Partial<Pick<Hold, "pointer" | "focus">>) => {
    setHold((before) => {
      const base = before?.scope === scope ? before : { scope, rows: latest, pointer: false, focus: false };
      const next = { ...base, ...by };
      return next.pointer || next.focus ? next : undefined;
    });
  };

  useEffect(() => {
    // A pointer that leaves the window sends no leave event to the rows on some systems.
    const leave = () =>
      setHold((before) => (before?.focus === true ? { ...before, pointer: false } : undefined));
    document.documentElement.addEventListener("pointerleave", leave);
    return () => document.documentElement.removeEventListener("pointerleave", leave);
  }, []);

  const rows = current?.rows ?? latest;
  const waiting = useMemo(() => (rows === latest ? 0 : changesBetween(rows, latest)), [rows, latest]);
  return {
    rows,
    held: current !== undefined,
    waiting,
    release: () => {
      setHold(undefined);
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    },
    handlers: {
      // A finger has no hover: touching scrolls, so only mouse and pen hold.
      onPointerEnter: (event) => {
        if (event.pointerType !== "touch") change({ pointer: true });
      },
      onPointerLeave: () => change({ pointer: false }),
      onFocus: () => change({ focus: true }),
      onBlur: (event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) change({ focus: false });
      },
    },
  };
}
