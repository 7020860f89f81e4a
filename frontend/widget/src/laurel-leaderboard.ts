import type {
  Board,
  BoardCause,
  ConnectionState,
  Refusal,
  Subscription,
  TokenSource,
} from "@laurel/client/live";
import { LitElement, type PropertyValues } from "lit";
import { Announcer } from "./announcer.js";
import { emit } from "./events.js";
import { leaderboardStyle } from "./leaderboard-style.js";
import { leaderboardView } from "./leaderboard-view.js";
import { localeOf, Writer } from "./locale.model.js";
import { Slide } from "./slide.js";
import { type Lease, lease } from "./socket-pool.js";
import { gapOf, isFinal, ownPlace, statusOf } from "./view.model.js";

const mostTop = 100;
const around = 3;
const tickMs = 1000;

/** The server that served this file; a page that bundles the widget itself says base-url. */
const servedFrom = (): string => {
  const { origin } = new URL(import.meta.url);
  return origin === "null" ? location.origin : origin;
};

/**
 * `<laurel-leaderboard>` shows one contest's live board.
 *
 * Attributes: `contest-id`, `locale` (en, zh, fa; else the page's language), `theme` (auto, light, dark), `density`
 * (comfortable, compact), `base-url` (the server; else where this file came from), `top` (rows, 1 to 100, default 10).
 * Properties only, since a token in an attribute ends up in logs and copies of the page: `token`, `tokenProvider`.
 *
 * @slot header - replaces title, status and time left
 * @slot empty - replaces the text of a board without players
 * @csspart board header title status time-left players own message retry table row row-own place name you score between empty rules
 * @fires laurel-ready
 * @fires laurel-rank-change
 * @fires laurel-connection
 * @fires laurel-error
 */
export class LaurelLeaderboard extends LitElement {
  static override styles = leaderboardStyle;
  static override properties = {
    contestId: { attribute: "contest-id" },
    locale: {},
    theme: { reflect: true },
    density: { reflect: true },
    baseUrl: { attribute: "base-url" },
    top: { type: Number },
    token: { attribute: false },
    tokenProvider: { attribute: false },
    _board: { state: true },
    _connection: { state: true },
    _refusal: { state: true },
    _nowMillis: { state: true },
    _announcement: { state: true },
  };

  /** The contest to show. */
  declare contestId: string;
  /** BCP 47 tag of a language: en, zh or fa. */
  declare locale: string;
  declare theme: "auto" | "light" | "dark";
  declare density: "comfortable" | "compact";
  /** Address of the Laurel server. */
  declare baseUrl: string;
  /** Rows from the top, 1 to 100. */
  declare top: number;
  /** Token of the player to follow. A tokenProvider goes before it. */
  declare token: string | undefined;
  /** Gives a token of the player to follow; asked again, with `renew`, when the last one ran out. */
  declare tokenProvider: TokenSource | undefined;

  declare private _board: Board | undefined;
  declare private _connection: ConnectionState;
  declare private _refusal: string | undefined;
  declare private _nowMillis: number;
  declare private _announcement: string;

  readonly #slide = new Slide();
  readonly #announcer = new Announcer((sentence) => {
    this._announcement = sentence;
  });
  #writer = new Writer(localeOf());
  #lease: Lease | undefined;
  #subscription: Subscription | undefined;
  #release: (() => void)[] = [];
  #readyFor = "";

  constructor() {
    super();
    this.contestId = "";
    this.locale = "";
    this.theme = "auto";
    this.density = "comfortable";
    this.baseUrl = "";
    this.top = 10;
    this._connection = "idle";
    this._nowMillis = Date.now();
    this._announcement = "";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#attach();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#detach();
    this.#announcer.stop();
  }

  protected override willUpdate(changed: PropertyValues): void {
    const moved = changed.has("contestId") || changed.has("baseUrl");
    if (changed.has("locale") || !this.hasUpdated) {
      const page = this.closest("[lang]")?.getAttribute("lang");
      this.#writer = new Writer(localeOf(this.locale, page, navigator.language));
    }
    if (
      moved ||
      changed.has("token") ||
      changed.has("tokenProvider") ||
      changed.has("top") ||
      !this.hasUpdated
    ) {
      this.#detach();
      // Another contest's rows are no last board of this one, nor is another player's place.
      this._board = moved || !this._board ? undefined : { ...this._board, me: undefined };
      this.#attach();
    }
    if (changed.has("_board")) this.#remember();
  }

  /** Frames may come faster than a screen draws: all that came since the last picture are drawn at once. */
  protected override async scheduleUpdate(): Promise<void> {
    if (this.hasUpdated) await new Promise(requestAnimationFrame);
    await super.scheduleUpdate();
  }

  protected override render(): unknown {
    const socket = this.#lease?.socket;
    const heardMillis = socket?.heardAt;
    return leaderboardView({
      writer: this.#writer,
      status: statusOf({
        connection: this._connection,
        board: this._board,
        refusal: this._refusal,
        silentMs: heardMillis === undefined ? 0 : this._nowMillis - heardMillis,
      }),
      board: this._board,
      top: this.#rows,
      following: Boolean(this.token || this.tokenProvider),
      nowMillis: this._nowMillis,
      heardMillis,
      announcement: this._announcement,
      onRetry: () => socket?.retry(),
    });
  }

  protected override updated(changed: PropertyValues): void {
    const table = this.#table;
    if (changed.has("_board") && table) this.#slide.play(table, this.#rowElements(table));
    if (this._board && this.#readyFor !== this.contestId) {
      this.#readyFor = this.contestId;
      emit(this, "laurel-ready", { contestId: this.contestId, players: this._board.total });
    }
  }

  get #rows(): number {
    return Math.min(mostTop, Math.max(1, Math.trunc(this.top) || 10));
  }

  get #table(): HTMLElement | null {
    return this.renderRoot?.querySelector<HTMLElement>(".rows") ?? null;
  }

  #rowElements(table: HTMLElement): Iterable<HTMLElement> {
    return table.querySelectorAll<HTMLElement>("[data-key]");
  }

  #remember(): void {
    const table = this.#table;
    if (table) this.#slide.remember(table, this.#rowElements(table));
  }

  #attach(): void {
    if (!this.isConnected || !this.contestId || this.#lease) return;
    const { token, tokenProvider } = this;
    const baseUrl = new URL(this.baseUrl || servedFrom(), location.href).href;
    const held = lease({ baseUrl, token, tokenProvider });
    const { socket } = held;
    this.#lease = held;
    this._refusal = undefined;
    this.#subscription = socket.subscribe(
      { contestId: this.contestId, top: this.#rows, around },
      {
        onBoard: (board, cause) => this.#onBoard(board, cause),
        onRefusal: (refusal) => this.#onRefusal(refusal),
      },
    );
    const timer = setInterval(() => {
      this._nowMillis = socket.serverNow();
    }, tickMs);
    this.#release = [
      socket.onState((state) => this.#onConnection(state)),
      socket.onError((refusal) => this.#onRefusal(refusal)),
      () => clearInterval(timer),
    ];
    socket.start();
    this.#onConnection(socket.state);
  }

  #detach(): void {
    for (const release of this.#release.splice(0)) release();
    this.#subscription?.unsubscribe();
    this.#subscription = undefined;
    this.#lease?.release();
    this.#lease = undefined;
  }

  #onBoard(board: Board, cause: BoardCause): void {
    const before = this._board;
    this._board = board;
    this._refusal = undefined;
    this._nowMillis = this.#lease?.socket.serverNow() ?? this._nowMillis;
    if (!before) return;
    const from = ownPlace(before);
    const to = ownPlace(board);
    if (cause === "own" && from !== undefined && to !== undefined && from !== to) {
      emit(this, "laurel-rank-change", { contestId: this.contestId, from, to, players: board.total });
      this.#announcer.say(this.#placeSentence(board, to));
    } else if (isFinal(board) && !isFinal(before)) {
      this.#announcer.say(this.#writer.texts.announceEnded);
    } else if (to === undefined && before.top[0]?.playerKey !== board.top[0]?.playerKey) {
      this.#announceLeader(board);
    }
  }

  #placeSentence(board: Board, place: bigint): string {
    const writer = this.#writer;
    const gap = gapOf(board);
    const sentence = writer.texts.announcePlace(writer.count(place), writer.count(board.total));
    if (gap?.kind !== "behind") return sentence;
    const points = writer.score(gap.units, board.contest?.precision ?? 0);
    return `${sentence} ${writer.texts.announceGap(points, writer.count(gap.place))}`;
  }

  #announceLeader(board: Board): void {
    const leader = board.top[0];
    if (!leader) return;
    const points = this.#writer.score(leader.units, board.contest?.precision ?? 0);
    this.#announcer.say(this.#writer.texts.announceLeader(leader.name, points));
  }

  #onConnection(state: ConnectionState): void {
    const before = this._connection;
    if (state === before) return;
    this._connection = state;
    emit(this, "laurel-connection", { contestId: this.contestId, state });
    const { texts } = this.#writer;
    const lost = (each: ConnectionState) => each === "reconnecting" || each === "offline";
    if (this._board && !lost(before) && lost(state)) this.#announcer.say(texts.announceLost);
    if (this._board && lost(before) && state === "live") this.#announcer.say(texts.announceBack);
  }

  #onRefusal({ channel, code, message }: Refusal): void {
    if (channel) this._refusal = code;
    emit(this, "laurel-error", { contestId: this.contestId, code, message });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "laurel-leaderboard": LaurelLeaderboard;
  }
}
