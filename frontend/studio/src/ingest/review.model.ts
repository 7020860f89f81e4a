import { type JsonValue, toJson } from "@bufbuild/protobuf";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { type Event, EventSchema } from "@laurel/client/gen/laurel/v1/event_pb.js";
import type { DeadLetter, EventConflict } from "@laurel/client/gen/laurel/v1/ingest_service_pb.js";

/** Addresses of the lists. */
export type ReviewAddress = "/events/dead-letters" | "/events/conflicts";

/** What the address says of a list to review. */
export interface ReviewSearch {
  /** Text that a row must hold. */
  readonly q?: string;
  /** Key of the row that is shown whole. */
  readonly show?: string;
}

/** Longest text taken from an address: an id of 128 bytes with its time, or a reason. */
const textLimit = 300;

/** Reads an address, leaving out what makes no sense. */
export function reviewSearch(search: Record<string, unknown>): ReviewSearch {
  const text = (value: unknown): string | undefined => {
    const written = typeof value === "string" || typeof value === "number" ? String(value) : "";
    return written === "" ? undefined : written.slice(0, textLimit);
  };
  const q = text(search.q);
  const show = text(search.show);
  return { ...(q === undefined ? {} : { q }), ...(show === undefined ? {} : { show }) };
}

/** Names a row: the same event may be refused or fail more than once. */
function keyOf(at: Timestamp | undefined, eventId: string): string {
  return `${at?.seconds ?? 0n}.${String(at?.nanos ?? 0).padStart(9, "0")}-${eventId}`;
}

/** Two sources may use one id at one time: the source tells them apart. */
export function conflictKey({ refusedAt, eventId, source }: EventConflict): string {
  return keyOf(refusedAt, source === "" ? eventId : `${source}-${eventId}`);
}

/** A source as people write it: that of keys without a source of their own is main. */
export function sourceName(source: string): string {
  return source === "" ? "main" : source;
}

/** An event that failed for two contests in one batch is two letters with one time: the reason tells them apart. */
export function deadLetterKey(letter: DeadLetter): string {
  return `${keyOf(letter.failedAt, letter.eventId)}-${letter.stage}-${letter.reason}`.slice(0, textLimit);
}

/** Longest text that the server looks for, in bytes. */
const askedBytes = 128;

/** What stands in a cause for a number of its event. */
export const gap = "…";

/** What the server is asked for by a query: the longest part of it that a reason has word for word, as long as the server takes it. */
export function askedText(query: string | undefined): string {
  const [longest = ""] = (query ?? "")
    .split(gap)
    .map((part) => part.trim())
    .toSorted((a, b) => b.length - a.length);
  let asked = "";
  let bytes = 0;
  for (const letter of longest) {
    bytes += new TextEncoder().encode(letter).length;
    if (bytes > askedBytes) break;
    asked += letter;
  }
  return asked.trim();
}

/** A number that stands by itself and is long enough to be the event's own: 2.5e+12 and 10432, but not 2^53 or an id. */
const ownNumber = /(?<![\w.^-])-?\d[\d.]{2,}\d(?:e[+-]?\d+)?(?![\w-])/g;

/** A reason without the numbers of its event, so that letters of one cause have one text. Fits into an address. */
export function causeOf(reason: string): string {
  return reason.replaceAll(ownNumber, gap).slice(0, textLimit);
}

/** Of the letters that the server found for a query, those of its cause; all of them where it names none. */
export function filterDeadLetters(
  letters: readonly DeadLetter[],
  query: string | undefined,
): readonly DeadLetter[] {
  const wanted = (query ?? "").trim().toLowerCase();
  if (!wanted.includes(gap)) return letters;
  return letters.filter(({ reason }) =>
    [reason, causeOf(reason)].some((text) => text.toLowerCase().includes(wanted)),
  );
}

/** A cause and how many letters have it. */
export interface Cause {
  readonly cause: string;
  readonly count: number;
}

/** The causes of dead letters, the most frequent first. */
export function causesOf(letters: readonly DeadLetter[]): Cause[] {
  const counts = new Map<string, number>();
  for (const { reason } of letters) counts.set(causeOf(reason), (counts.get(causeOf(reason)) ?? 0) + 1);
  return [...counts]
    .map(([cause, count]) => ({ cause, count }))
    .toSorted((a, b) => b.count - a.count || a.cause.localeCompare(b.cause));
}

/** One field of an event in two documents. */
export interface ComparedField {
  /** Path as the contract names it, such as bet.amount_minor. */
  readonly path: string;
  readonly stored: string | undefined;
  readonly sent: string | undefined;
  readonly differs: boolean;
}

/** Writes the fields of a document one by one. Numbers of 64 bits are text in it, so each value stays exact. */
function collect(path: string, value: JsonValue, fields: Map<string, string>): void {
  if (typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0) {
    for (const [name, inner] of Object.entries(value)) {
      collect(path === "" ? name : `${path}.${name}`, inner, fields);
    }
    return;
  }
  fields.set(path, typeof value === "string" ? value : JSON.stringify(value));
}

function fieldsOf(event: Event | undefined): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  if (event !== undefined) collect("", toJson(EventSchema, event, { useProtoFieldName: true }), fields);
  fields.delete("");
  return fields;
}

/** The fields of a conflict's two events side by side, those that differ first, each group in the order of the contract. */
export function comparedFields(conflict: Pick<EventConflict, "stored" | "sent">): ComparedField[] {
  const stored = fieldsOf(conflict.stored);
  const sent = fieldsOf(conflict.sent);
  const fields = [...new Set([...stored.keys(), ...sent.keys()])].map((path) => ({
    path,
    stored: stored.get(path),
    sent: sent.get(path),
    differs: stored.get(path) !== sent.get(path),
  }));
  return fields.toSorted((a, b) => Number(b.differs) - Number(a.differs));
}

/** How many rows came before the one that was the first when the list was last shown; 0 when that one is gone. */
export function arrivalsBefore(keys: readonly string[], first: string | undefined): number {
  return first === undefined ? 0 : Math.max(0, keys.indexOf(first));
}
