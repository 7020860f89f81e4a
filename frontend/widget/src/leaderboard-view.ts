import type { Board, Contest } from "@laurel/client/live";
import { remaining, timeMillis } from "@laurel/client/live";
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { knownZone, type Writer } from "./locale.model.js";
import { type Gap, gapOf, isFinal, isScheduled, type Line, linesOf, type Status } from "./view.model.js";

/** Scene is everything one drawing of the leaderboard depends on. */
export interface Scene {
  readonly writer: Writer;
  readonly status: Status;
  readonly board: Board | undefined;
  /** Rows from the top that are wanted, and kept free before there are any. */
  readonly top: number;
  /** Whether a player is followed, so that room for his place is kept. */
  readonly following: boolean;
  /** The server's time, milliseconds since 1970. */
  readonly nowMillis: number;
  /** When the last frame came, milliseconds since 1970. */
  readonly heardMillis: number | undefined;
  readonly announcement: string;
  readonly onRetry: () => void;
}

type Part = TemplateResult | typeof nothing;

/** leaderboardView draws the leaderboard. */
export function leaderboardView(scene: Scene): TemplateResult {
  const { writer, board, announcement } = scene;
  const { direction, tag } = writer.locale;
  return html`
    <section
      class="board"
      part="board"
      lang=${tag}
      dir=${direction}
      aria-label=${board?.contest?.title || writer.texts.points}
      aria-busy=${board ? "false" : "true"}
    >
      <div class="header" part="header"><slot name="header">${headerView(scene)}</slot></div>
      ${messageView(scene)} ${ownView(scene)} ${tableView(scene)} ${rulesView(scene)}
      <div class="unseen" role="status" aria-live="polite">${announcement}</div>
    </section>
  `;
}

function headerView({ writer, status, board, nowMillis, heardMillis }: Scene): TemplateResult {
  const title = board?.contest?.title;
  return html`
    <div class="title-line">
      ${title ? html`<h2 class="title" part="title"><bdi>${title}</bdi></h2>` : html`<span></span>`}
      <span class="status" part="status" data-status=${status}>${statusText(writer, status, heardMillis)}</span>
    </div>
    <div class="meta">
      ${board ? timeView(writer, board, nowMillis) : nothing}
      ${board ? html`<span part="players">${writer.players(board.total)}</span>` : nothing}
    </div>
  `;
}

function statusText(writer: Writer, status: Status, heardMillis: number | undefined): string {
  const { texts } = writer;
  if (status === "stale")
    return heardMillis === undefined ? texts.reconnecting : texts.asOf(writer.clock(heardMillis));
  return texts[status];
}

function timeView(writer: Writer, board: Board, nowMillis: number): Part {
  const { contest } = board;
  const start = timeMillis(contest?.start);
  const end = timeMillis(contest?.end);
  const { texts } = writer;
  const line = (text: string) => html`<span part="time-left" role="timer">${text}</span>`;
  if (isScheduled(board) && start !== undefined) {
    return line(texts.startsIn(writer.countdown(remaining(start - nowMillis))));
  }
  const graceEnd = timeMillis(contest?.graceEnd);
  if (contest?.state === 3 && graceEnd !== undefined) return line(texts.lateUntil(writer.clock(graceEnd)));
  if (isFinal(board) || end === undefined) return nothing;
  return line(texts.timeLeft(writer.countdown(remaining(end - nowMillis))));
}

function messageView({ writer, status, onRetry }: Scene): Part {
  const { texts } = writer;
  if (status === "unavailable") {
    return html`<div class="message" part="message"><p>${texts.unavailableHelp}</p></div>`;
  }
  if (status !== "unauthorised") return nothing;
  return html`
    <div class="message" part="message">
      <p>${texts.unauthorisedHelp}</p>
      <button part="retry" type="button" @click=${onRetry}>${texts.retry}</button>
    </div>
  `;
}

function ownView({ writer, board, following }: Scene): Part {
  const { texts } = writer;
  if (!board?.me?.row)
    return following ? html`<div class="own-card note" aria-hidden="true"></div>` : nothing;
  const { row } = board.me;
  const gap = gapOf(board);
  if (!gap || gap.kind === "unplaced")
    return html`<div class="own-card note" part="own">${texts.notPlaced}</div>`;
  const precision = board.contest?.precision ?? 0;
  return html`
    <dl class="own-card" part="own">
      ${figure(
        texts.yourPlace,
        html`${writer.count(row.place)} <small>${texts.ofTotal(writer.count(board.total))}</small>`,
      )}
      ${figure(texts.yourPoints, writer.score(row.units, precision))}
      ${gapView(writer, gap, precision)}
    </dl>
  `;
}

const figure = (term: string, value: unknown, kind = ""): TemplateResult =>
  html`<div class="figure ${kind}"><dt>${term}</dt><dd>${value}</dd></div>`;

function gapView(writer: Writer, gap: Exclude<Gap, { kind: "unplaced" }>, precision: number): TemplateResult {
  const { texts } = writer;
  switch (gap.kind) {
    case "alone":
      return figure(texts.place, texts.leading, "words");
    case "ahead":
      return figure(texts.aheadOf(writer.count(gap.place)), writer.score(gap.units, precision));
    case "behind":
      return figure(texts.toPlace(writer.count(gap.place)), writer.score(gap.units, precision));
    case "level":
      return figure(texts.toPlace(writer.count(gap.place)), texts.levelPoints, "words");
  }
}

function tableView(scene: Scene): TemplateResult {
  const { writer, board, top } = scene;
  const { texts } = writer;
  if (board && board.top.length === 0) {
    const text = isScheduled(board) ? texts.emptyScheduled : texts.empty;
    return html`<div class="rows"><slot name="empty"><div class="empty" part="empty">${text}</div></slot>
      ${isFinal(board) ? nothing : openPlaces(writer, 4, top)}</div>`;
  }
  return html`
    <div role="table" part="table" aria-label=${board?.contest?.title || texts.points}>
      <div class="head" role="rowgroup">
        <div class="line" role="row">
          <span role="columnheader">${texts.place}</span>
          <span role="columnheader">${texts.player}</span>
          <span role="columnheader">${texts.points}</span>
        </div>
      </div>
      <div class="rows" role="rowgroup">
        ${board ? rowsView(writer, board) : skeleton(top)}
        ${board && !isFinal(board) ? openPlaces(writer, board.top.length + 1, top) : nothing}
      </div>
    </div>
  `;
}

function rowsView(writer: Writer, board: Board): unknown {
  const precision = board.contest?.precision ?? 0;
  return repeat(
    linesOf(board),
    ({ row }) => row.playerKey,
    (line) => html`${betweenView(writer, line.skipped)} ${rowView(writer, line, precision)}`,
  );
}

function betweenView(writer: Writer, skipped: bigint): Part {
  if (skipped === 0n) return nothing;
  const text = writer.texts.placesBetween(writer.count(skipped), skipped === 1n);
  return html`<div role="row"><div role="cell" aria-colspan="3" class="between" part="between">
    <span aria-hidden="true">⋯</span>${text}</div></div>`;
}

function rowView(writer: Writer, { row, own }: Line, precision: number): TemplateResult {
  const medal = row.place <= 3n ? row.place.toString() : nothing;
  return html`
    <div class="line row ${own ? "own" : ""}" part="row ${own ? "row-own" : ""}" role="row" data-key=${row.playerKey}>
      <span class="place" part="place" role="cell" data-medal=${medal}>${writer.count(row.place)}</span>
      <span class="player" role="cell">
        <bdi class="name" part="name" dir="auto">${row.name}</bdi>
        ${own ? html`<span class="you" part="you">${writer.texts.you}</span>` : nothing}
      </span>
      <span class="score" part="score" role="cell">${writer.score(row.units, precision)}</span>
    </div>
  `;
}

/** Places nobody holds yet keep the height that they will need. */
function openPlaces(writer: Writer, from: number, to: number): unknown {
  return Array.from(
    { length: Math.max(0, to - from + 1) },
    (_, index) => html`
      <div class="line row open" aria-hidden="true">
        <span class="place">${writer.count(from + index)}</span><span class="line-mark"></span>
      </div>
    `,
  );
}

function skeleton(rows: number): unknown {
  return Array.from(
    { length: rows },
    () => html`
      <div class="line row" aria-hidden="true">
        <span class="place bone"></span><span class="bone"></span><span class="bone">00000</span>
      </div>
    `,
  );
}

function rulesView({ writer, board }: Scene): Part {
  const contest = board?.contest;
  const { texts } = writer;
  return html`
    <details part="rules">
      <summary>${texts.rules}</summary>
      ${contest ? html`<div class="rules">${rulesText(writer, contest)}</div>` : nothing}
    </details>
  `;
}

function rulesText(writer: Writer, contest: Contest): TemplateResult {
  const { texts } = writer;
  return html`
    <p>${texts.scoring(contest.type, writer.count(contest.n))}</p>
    ${
      contest.tiebreaker.length > 0
        ? html`<p>${texts.tieIntro}</p>
          <ol>
            ${contest.tiebreaker.map((name) => html`<li>${texts.tieBreak(name)}</li>`)}
          </ol>`
        : nothing
    }
    ${windowView(writer, contest)}
  `;
}

function windowView(writer: Writer, contest: Contest): Part {
  const start = timeMillis(contest.start);
  const end = timeMillis(contest.end);
  if (start === undefined || end === undefined) return nothing;
  const { texts } = writer;
  const zone = knownZone(contest.tz);
  const there = writer.range(start, end, zone);
  const here = writer.range(start, end);
  return html`
    <dl>
      <dt>${texts.window} (<bdi>${zone}</bdi>)</dt>
      <dd>${there}</dd>
      ${here === there ? nothing : html`<dt>${texts.yourTime}</dt><dd>${here}</dd>`}
    </dl>
  `;
}
