import { create, type DescMessage, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createRouterTransport, type Transport } from "@connectrpc/connect";
import {
  CatalogService,
  ContestService,
  IngestService,
  LeaderboardService,
  OperatorService,
  TelemetryService,
} from "@laurel/client";
import {
  type CheckDefinitionResponseSchema,
  DefinitionSchema,
  PublishProblemsSchema,
} from "@laurel/client/gen/laurel/v1/catalog_service_pb.js";
import {
  type ContestPlanSchema,
  ContestState,
  ContestSummarySchema,
} from "@laurel/client/gen/laurel/v1/contest_pb.js";
import { DeadLetterSchema, EventConflictSchema } from "@laurel/client/gen/laurel/v1/ingest_service_pb.js";
import { LeaderboardRowSchema } from "@laurel/client/gen/laurel/v1/leaderboard_pb.js";
import type {
  ExplainOrderResponseSchema,
  GetSnapshotResponseSchema,
} from "@laurel/client/gen/laurel/v1/leaderboard_service_pb.js";
import type { GetPulseResponseSchema } from "@laurel/client/gen/laurel/v1/telemetry_service_pb.js";

/** A message as a literal. */
type Init<Desc extends DescMessage> = Exclude<MessageInitShape<Desc>, { readonly $typeName: string }>;

/** An instant as messages have it. */
export const at = (instant: string) => timestampFromDate(new Date(instant));

/** A contest that is live on an evening in Kyiv, with the fields that a test cares about changed. */
export function contestOf(changes: Init<typeof ContestSummarySchema> = {}) {
  return create(ContestSummarySchema, {
    id: "t_sprint",
    title: "October Sprint",
    state: ContestState.LIVE,
    start: at("2025-10-25T12:00:00Z"),
    end: at("2025-10-25T18:00:00Z"),
    graceEnd: at("2025-10-25T18:01:00Z"),
    tz: "Europe/Kyiv",
    type: "best_n_rounds",
    n: 20,
    precision: 2,
    players: 3n,
    ...changes,
  });
}

/** A row of a board: place, name, points in hundredths. The user id and the key follow from the name. */
export function rowOf(place: number, name: string, units: number | bigint) {
  const key = name.toLowerCase();
  return create(LeaderboardRowSchema, {
    place: BigInt(place),
    name,
    userId: `u_${key}`,
    playerKey: key,
    units: BigInt(units),
  });
}

/** A version of a contest's definition. */
export function definitionOf(id: string, version: number, yaml: string, publishedBy = "ada") {
  const publishedAt = at("2025-10-20T09:00:00Z");
  const hash = `${version}`.repeat(64);
  return create(DefinitionSchema, { kind: "Contest", id, version, yaml, publishedBy, publishedAt, hash });
}

/** A letter that could not be scored at a second of a minute. */
export function letterOf(second: number, changes: Init<typeof DeadLetterSchema> = {}) {
  const failedAt = at(`2025-10-25T13:34:${String(second).padStart(2, "0")}Z`);
  const said = { eventId: `e_${second}`, stage: "rule", reason: "division by zero", failedAt };
  return create(DeadLetterSchema, { ...said, ...changes });
}

/** An event id that came twice, with a win of 5 and of 7. */
export function conflictOf(second: number, userId = "u_1") {
  const event = (amountMinor: bigint) => ({
    eventId: `e_${second}`,
    name: "round_end",
    user: { id: userId },
    win: { amountMinor, currency: "EUR" },
  });
  const refusedAt = at(`2025-10-25T13:34:${String(second).padStart(2, "0")}Z`);
  return create(EventConflictSchema, {
    eventId: `e_${second}`,
    refusedAt,
    stored: event(5n),
    sent: event(7n),
  });
}

/** The methods that the studio calls. */
export type Method =
  | keyof typeof CatalogService.method
  | keyof typeof ContestService.method
  | keyof typeof IngestService.method
  | keyof typeof LeaderboardService.method
  | keyof typeof OperatorService.method
  | keyof typeof TelemetryService.method;

interface Paged {
  readonly pageSize: number;
  readonly pageToken: string;
}

/** A page of a list as the server cuts it: the token says where the next begins. */
function page<Item>(items: readonly Item[], { pageSize, pageToken }: Paged, usual: number) {
  const from = Number(pageToken || "0");
  const to = from + (pageSize || usual);
  return { items: items.slice(from, to), nextPageToken: to < items.length ? String(to) : "" };
}

/**
 * Laurel in memory, behind the studio's real transport: each answer is written and read as on the wire. What it holds is for a
 * test to set; a method can be refused or made to wait.
 */
export class Laurel {
  operator: { name: string; roles: string[] } | undefined = { name: "ada", roles: ["operator"] };
  /** The roles of who signs in. */
  grants = ["operator"];
  contests: MessageShape<typeof ContestSummarySchema>[] = [];
  plan: Init<typeof ContestPlanSchema> | undefined;
  /** Why the definition of a contest can't be read; empty when it can. */
  unreadable = "";
  /** Versions by contest, oldest first. */
  definitions = new Map<string, MessageShape<typeof DefinitionSchema>[]>();
  deadLetters: MessageShape<typeof DeadLetterSchema>[] = [];
  conflicts: MessageShape<typeof EventConflictSchema>[] = [];
  rows = [rowOf(1, "Ada", 30_000), rowOf(2, "Bob", 20_000), rowOf(3, "Cem", 10_050)];
  stale = false;
  snapshots: Init<typeof GetSnapshotResponseSchema>[] = [];
  why: Init<typeof ExplainOrderResponseSchema> = {};
  pulse: Init<typeof GetPulseResponseSchema> = {};
  /** What the server finds in a document. */
  check: (yaml: string) => Init<typeof CheckDefinitionResponseSchema> = (yaml) => ({
    problems: [],
    kind: /^kind: (\S+)$/m.exec(yaml)?.[1] ?? "",
    id: /^id: (\S+)$/m.exec(yaml)?.[1] ?? "",
  });
  /** Rows that a page of a short list holds where the caller names no number. */
  usualPage = 50;
  readonly calls: { readonly method: Method; readonly request: unknown }[] = [];
  readonly #refused = new Map<Method, ConnectError>();
  readonly #held = new Map<Method, Promise<void>>();

  /** Refuses a method until it is allowed again. */
  refuse(method: Method, code: Code, message = "no", details: ConnectError["details"] = []): void {
    const error = new ConnectError(message, code);
    error.details = details;
    this.#refused.set(method, error);
  }

  allow(method: Method): void {
    this.#refused.delete(method);
  }

  /** Lets a method wait; the returned function lets it answer. */
  hold(method: Method): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held.set(method, promise);
    return () => {
      this.#held.delete(method);
      resolve();
    };
  }

  /** What a method was asked, oldest first. */
  asked<Request = Record<string, unknown>>(method: Method): Request[] {
    return this.calls.filter((call) => call.method === method).map((call) => call.request as Request);
  }

  async #answer<Answer>(method: Method, request: unknown, answer: () => Answer): Promise<Answer> {
    this.calls.push({ method, request });
    await this.#held.get(method);
    const refused = this.#refused.get(method);
    if (refused !== undefined) throw refused;
    if (this.operator === undefined && method !== "signIn")
      throw new ConnectError("no session", Code.Unauthenticated);
    return answer();
  }

  #contest(id: string) {
    const contest = this.contests.find((each) => each.id === id);
    if (contest === undefined) throw new ConnectError(`no contest ${id}`, Code.NotFound);
    return contest;
  }

  #definition(id: string, version: number) {
    const versions = this.definitions.get(id) ?? [];
    const found = version === 0 ? versions.at(-1) : versions.find((each) => each.version === version);
    if (found === undefined) throw new ConnectError(`no version ${version} of ${id}`, Code.NotFound);
    return found;
  }

  #publish({ yaml, baseVersion = 0 }: { yaml: string; baseVersion?: number | undefined }) {
    const { kind = "", id = "", problems = [] } = this.check(yaml);
    if (problems.length > 0) {
      const detail = { desc: PublishProblemsSchema, value: { problems } };
      throw new ConnectError("the definition has problems", Code.InvalidArgument, undefined, [detail]);
    }
    const versions = this.definitions.get(id) ?? [];
    if ((versions.at(-1)?.version ?? 0) !== baseVersion)
      throw new ConnectError("somebody published meanwhile", Code.FailedPrecondition);
    const definition = definitionOf(id, baseVersion + 1, yaml, this.operator?.name);
    definition.kind = kind;
    this.definitions.set(id, [...versions, definition]);
    if (kind === "Contest" && !this.contests.some((each) => each.id === id))
      this.contests.push(contestOf({ id, title: "" }));
    return { definition };
  }

  readonly transport: Transport = createRouterTransport(({ service }) => {
    service(OperatorService, {
      getSession: (request) =>
        this.#answer("getSession", request, () => ({
          ...(this.operator === undefined ? {} : { operator: this.operator }),
          serverVersion: "1.2.3",
        })),
      signIn: (request) =>
        this.#answer("signIn", request, () => {
          this.operator = { name: request.name, roles: this.grants };
          return { operator: this.operator };
        }),
      signOut: (request) =>
        this.#answer("signOut", request, () => {
          this.operator = undefined;
          return {};
        }),
    });
    service(ContestService, {
      listContests: (request) =>
        this.#answer("listContests", request, () => {
          const { text, market, states } = request;
          const found = this.contests.filter(
            (each) =>
              `${each.id} ${each.title}`.toLowerCase().includes(text.toLowerCase()) &&
              (market === "" || each.markets.includes(market)) &&
              (states.length === 0 || states.includes(each.state)),
          );
          const { items, nextPageToken } = page(found, request, this.usualPage);
          return { contests: items, nextPageToken };
        }),
      getContest: (request) =>
        this.#answer("getContest", request, () => {
          const yaml = this.definitions.get(request.id)?.at(-1)?.yaml ?? "";
          return {
            contest: this.#contest(request.id),
            yaml,
            unreadable: this.unreadable,
            ...(this.plan === undefined ? {} : { plan: this.plan }),
          };
        }),
    });
    service(CatalogService, {
      checkDefinition: (request) => this.#answer("checkDefinition", request, () => this.check(request.yaml)),
      publishDefinition: (request) =>
        this.#answer("publishDefinition", request, () => this.#publish(request)),
      getDefinition: (request) =>
        this.#answer("getDefinition", request, () => ({
          definition: this.#definition(request.id, request.version),
        })),
      listDefinitionVersions: (request) =>
        this.#answer("listDefinitionVersions", request, () => {
          const newestFirst = (this.definitions.get(request.id) ?? []).toReversed();
          const { items, nextPageToken } = page(newestFirst, request, this.usualPage);
          const versions = items.map(({ kind, id, version, hash, publishedAt, publishedBy }) => {
            const when = publishedAt === undefined ? {} : { publishedAt };
            return { kind, id, version, hash, publishedBy, ...when };
          });
          return { versions, nextPageToken };
        }),
    });
    service(LeaderboardService, {
      getLeaderboard: (request) =>
        this.#answer("getLeaderboard", request, () => {
          const contest = this.#contest(request.contestId);
          const index = this.rows.findIndex(({ userId }) => userId === request.me);
          const [row, better] = [this.rows[index], this.rows[index - 1]];
          const nobody = { row: { place: 0n, userId: request.me }, around: [] };
          const toNextUnits = row === undefined || better === undefined ? 0n : better.units - row.units;
          return {
            contest,
            top: this.rows.slice(0, request.top),
            total: BigInt(this.rows.length),
            asOf: at("2025-10-25T13:00:00Z"),
            stale: this.stale,
            me: row === undefined ? nobody : { row, toNextUnits, around: this.rows },
          };
        }),
      explainOrder: (request) => this.#answer("explainOrder", request, () => this.why),
      listSnapshots: (request) =>
        this.#answer("listSnapshots", request, () => {
          const kept = this.snapshots.flatMap(({ snapshot }) => (snapshot === undefined ? [] : [snapshot]));
          const { items, nextPageToken } = page(kept, request, this.usualPage);
          return { snapshots: items, nextPageToken };
        }),
      getSnapshot: (request) =>
        this.#answer("getSnapshot", request, () => {
          const found = this.snapshots.find(({ snapshot }) => snapshot?.number === request.number);
          if (found === undefined) throw new ConnectError(`no snapshot ${request.number}`, Code.NotFound);
          return found;
        }),
    });
    service(IngestService, {
      listDeadLetters: (request) =>
        this.#answer("listDeadLetters", request, () => {
          const wanted = request.text.toLowerCase();
          const found = this.deadLetters.filter(({ eventId, reason }) =>
            [eventId, reason].some((text) => text.toLowerCase().includes(wanted)),
          );
          const { items, nextPageToken } = page(found, request, this.usualPage);
          return { deadLetters: items, nextPageToken };
        }),
      listConflicts: (request) =>
        this.#answer("listConflicts", request, () => {
          const wanted = request.text.toLowerCase();
          const found = this.conflicts.filter(({ eventId }) => eventId.toLowerCase().includes(wanted));
          const { items, nextPageToken } = page(found, request, this.usualPage);
          return { conflicts: items, nextPageToken };
        }),
    });
    service(TelemetryService, {
      getPulse: (request) => this.#answer("getPulse", request, () => this.pulse),
    });
  });
}
