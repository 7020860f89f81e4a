/** A document somebody was writing, kept in this tab until it is published or dropped. */
export interface Draft {
  /** The version it was started from; 0 for a new definition. */
  readonly baseVersion: number;
  readonly yaml: string;
  /** When it was last written, milliseconds since 1970. */
  readonly keptAt: number;
}

/** The part of the browser's storage that drafts need. */
export type DraftStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const prefix = "laurel.draft.";

/** Longest document that is kept, in characters: the server takes no longer one. */
const draftLimit = 262_144;

/** Where the draft of a definition is kept. The author is part of it: nobody finds what another one wrote. */
function draftKey(author: string, id: string): string {
  return `${prefix}${encodeURIComponent(author)}/${encodeURIComponent(id)}`;
}

function isDraft(value: unknown): value is Draft {
  const draft = value as Partial<Draft> | null;
  return (
    typeof draft === "object" &&
    draft !== null &&
    Number.isSafeInteger(draft.baseVersion) &&
    typeof draft.yaml === "string" &&
    Number.isFinite(draft.keptAt)
  );
}

/** Drafts of one author. Storage may be switched off or full: then nothing is kept, and nothing breaks. */
export class Drafts {
  readonly #storage: () => DraftStorage;
  readonly #author: string;

  constructor(storage: () => DraftStorage, author: string) {
    this.#storage = storage;
    this.#author = author;
  }

  /** The draft of a definition; `id` is empty for a new one. */
  read(id: string): Draft | undefined {
    try {
      const kept: unknown = JSON.parse(this.#storage().getItem(draftKey(this.#author, id)) ?? "null");
      return isDraft(kept) ? kept : undefined;
    } catch {
      return undefined;
    }
  }

  keep(id: string, draft: Draft): void {
    if (draft.yaml.length > draftLimit) return;
    try {
      this.#storage().setItem(draftKey(this.#author, id), JSON.stringify(draft));
    } catch {
      // Without storage the question before leaving is what is left.
    }
  }

  drop(id: string): void {
    try {
      this.#storage().removeItem(draftKey(this.#author, id));
    } catch {
      // Where nothing can be kept, nothing is to be dropped.
    }
  }
}
