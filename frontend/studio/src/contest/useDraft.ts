import { useEffect, useMemo, useState } from "react";
import { useSession } from "../operator/useSession.ts";
import { hasChanged } from "./definition.model.ts";
import { type Draft, Drafts } from "./draft.model.ts";

/** A published document and its version; version 0 for one that nobody has published. */
export interface Base {
  readonly version: number;
  readonly yaml: string;
}

/** A document that is being written. */
export interface Writing {
  readonly yaml: string;
  readonly setYaml: (yaml: string) => void;
  /** What it is compared with and published on top of. */
  readonly base: Base;
  readonly setBase: (base: Base) => void;
  readonly changed: boolean;
  /** The draft it was taken up from, until that is dropped. */
  readonly restored: Draft | undefined;
  /** Goes back to where the room starts without a draft. */
  readonly restart: () => void;
  /** Forgets what was kept: it is published, or its author lets it go. */
  readonly forget: () => void;
}

/**
 * Keeps what is written in this tab, so that a session that ends, a reload or a crash loses nothing. A kept draft is taken up where it
 * was left, on the version it was started from: what was published meanwhile shows as a conflict.
 */
export function useDraft(id: string, initial: string, newest: Base): Writing {
  const author = useSession()?.operator?.name ?? "";
  const drafts = useMemo(() => new Drafts(() => window.sessionStorage, author), [author]);
  const [restored, setRestored] = useState(() => {
    const kept = drafts.read(id);
    return kept !== undefined && hasChanged(newest.yaml, kept.yaml) ? kept : undefined;
  });
  const [yaml, setYaml] = useState(restored?.yaml ?? initial);
  const [base, setBase] = useState({
    version: restored?.baseVersion ?? newest.version,
    yaml: newest.yaml,
  });
  const changed = hasChanged(base.yaml, yaml);
  useEffect(() => {
    if (changed) drafts.keep(id, { baseVersion: base.version, yaml, keptAt: Date.now() });
    else drafts.drop(id);
  }, [drafts, id, base.version, yaml, changed]);
  return {
    yaml,
    setYaml,
    base,
    setBase,
    changed,
    restored,
    restart: () => {
      setRestored(undefined);
      setBase(newest);
      setYaml(initial);
    },
    forget: () => drafts.drop(id),
  };
}
