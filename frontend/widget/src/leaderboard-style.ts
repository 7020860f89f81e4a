import { css } from "lit";

/** Colours of the dark theme; each can be overridden by the public token of the same name. */
const dark = css`
  color-scheme: dark;
  --_bg: var(--laurel-bg, #12171d);
  --_text: var(--laurel-text, #eef2f6);
  --_muted: var(--laurel-muted, #a5b0bd);
  --_line: var(--laurel-line, #28303a);
  --_accent: var(--laurel-accent, #4fd6a0);
  --_accent-text: var(--laurel-accent-text, #06231a);
  --_own-bg: var(--laurel-own-bg, #15322a);
  --_warn: var(--laurel-warn, #ffc56b);
  --_warn-bg: var(--laurel-warn-bg, #352a12);
  --_skeleton: #1d242c;
`;

/** leaderboardStyle draws the leaderboard. Motion is transform only; sizes are fixed so that data shifts nothing. */
export const leaderboardStyle = css`
  :host {
    color-scheme: light;
    --_bg: var(--laurel-bg, #ffffff);
    --_text: var(--laurel-text, #151a20);
    --_muted: var(--laurel-muted, #566170);
    --_line: var(--laurel-line, #e3e8ee);
    --_accent: var(--laurel-accent, #0b7a4f);
    --_accent-text: var(--laurel-accent-text, #ffffff);
    --_own-bg: var(--laurel-own-bg, #e6f5ee);
    --_warn: var(--laurel-warn, #7d4a00);
    --_warn-bg: var(--laurel-warn-bg, #fff3de);
    --_skeleton: #eef1f5;
    --_radius: var(--laurel-radius, 16px);
    --_row: var(--laurel-row-height, 48px);
    --_pad: 20px;
    display: block;
    font: 400 1rem / 1.4 var(--laurel-font, system-ui, sans-serif);
    color: var(--_text);
  }
  :host([hidden]) {
    display: none;
  }
  :host([density="compact"]) {
    --_row: var(--laurel-row-height, 36px);
    --_pad: 14px;
    font-size: 0.875rem;
  }
  @media (prefers-color-scheme: dark) {
    :host(:not([theme="light"])) {
      ${dark}
    }
  }
  :host([theme="dark"]) {
    ${dark}
  }

  .board {
    background: var(--_bg);
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    container-type: inline-size;
  }
  .header {
    padding: var(--_pad) var(--_pad) calc(var(--_pad) * 0.7);
  }
  .title-line {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 12px;
    min-block-size: 1.8em;
  }
  .title {
    margin: 0;
    min-inline-size: 0;
    font-size: 1.25em;
    font-weight: 700;
    line-height: 1.25;
    letter-spacing: -0.01em;
    overflow-wrap: anywhere;
  }
  [dir="rtl"] .title {
    letter-spacing: 0;
  }
  .meta {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 18px;
    min-block-size: 1.4em;
    margin-block-start: 4px;
    color: var(--_muted);
    font-size: 0.9em;
    font-variant-numeric: tabular-nums;
  }

  .status {
    display: inline-flex;
    flex: none;
    align-items: center;
    gap: 7px;
    padding: 3px 11px;
    border: 1px solid var(--_line);
    border-radius: 99px;
    color: var(--_muted);
    font-size: 0.8rem;
    font-weight: 600;
    white-space: nowrap;
  }
  .status::before {
    content: "";
    inline-size: 8px;
    block-size: 8px;
    border: 2px solid currentColor;
    border-radius: 50%;
    box-sizing: border-box;
  }
  .status[data-status="live"],
  .status[data-status="closing"] {
    color: var(--_accent);
  }
  .status[data-status="live"]::before {
    background: currentColor;
  }
  .status:is([data-status="reconnecting"], [data-status="stale"], [data-status="offline"]) {
    border-color: transparent;
    background: var(--_warn-bg);
    color: var(--_warn);
  }
  .status[data-status="ended"]::before {
    border-radius: 2px;
    background: currentColor;
  }

  .own-card {
    display: flex;
    flex-wrap: wrap;
    justify-content: space-between;
    align-content: center;
    gap: 4px var(--_pad);
    margin: 0 var(--_pad) calc(var(--_pad) * 0.7);
    padding: calc(var(--_pad) * 0.6) calc(var(--_pad) * 0.8);
    border-radius: calc(var(--_radius) * 0.75);
    background: var(--_own-bg);
    min-block-size: 3.1em;
  }
  .own-card.note {
    display: flex;
    align-items: center;
  }
  .figure {
    min-inline-size: 0;
    margin: 0;
  }
  .figure dt {
    color: var(--_muted);
    font-size: 0.8em;
  }
  .figure dd {
    margin: 0;
    font-size: 1.3em;
    font-weight: 700;
    line-height: 1.25;
    font-variant-numeric: tabular-nums;
  }
  .figure dd small {
    color: var(--_muted);
    font-size: 0.62em;
    font-weight: 500;
  }
  .figure.words dd {
    font-size: 1em;
    font-weight: 600;
    line-height: 1.6;
  }
  .message {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px 16px;
    margin: 0 var(--_pad) calc(var(--_pad) * 0.7);
    padding: 8px 14px;
    border-radius: calc(var(--_radius) * 0.75);
    background: var(--_warn-bg);
    color: var(--_warn);
  }
  .message p {
    flex: 1;
    margin: 0;
  }
  button {
    min-block-size: 44px;
    min-inline-size: 44px;
    padding-inline: 18px;
    border: 0;
    border-radius: 99px;
    background: var(--_accent);
    color: var(--_accent-text);
    font: inherit;
    font-weight: 600;
    cursor: pointer;
  }

  .line {
    display: grid;
    grid-template-columns: 3.25rem minmax(0, 1fr) auto;
    align-items: center;
    gap: 10px;
    block-size: var(--_row);
    padding-inline: calc(var(--_pad) - 8px) var(--_pad);
    box-sizing: border-box;
  }
  .head .line {
    block-size: 1.75rem;
    color: var(--_muted);
    font-size: 0.8rem;
    border-block-end: 1px solid var(--_line);
  }
  .head .line > :first-child,
  .place {
    justify-self: center;
  }
  .row {
    position: relative;
    background: var(--_bg);
    border-block-end: 1px solid var(--_line);
  }
  .row.own {
    position: sticky;
    z-index: 2;
    inset-block: var(--laurel-pin-offset, 0px);
    background: var(--_own-bg);
    box-shadow: inset 0 0 0 1px color-mix(in srgb, var(--_accent) 45%, transparent);
    font-weight: 600;
  }
  .place {
    display: grid;
    place-items: center;
    min-inline-size: 1.9em;
    block-size: 1.9em;
    border-radius: 99px;
    color: var(--_muted);
    font-weight: 600;
    font-variant-numeric: tabular-nums;
  }
  .own .place {
    color: inherit;
  }
  .place[data-medal="1"] {
    background: #f2c230;
    color: #3a2a00;
  }
  .place[data-medal="2"] {
    background: #cfd6de;
    color: #24303c;
  }
  .place[data-medal="3"] {
    background: #e0a675;
    color: #3f2006;
  }
  .player {
    display: flex;
    align-items: center;
    gap: 8px;
    min-inline-size: 0;
  }
  .name {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .you {
    flex: none;
    padding: 0 8px;
    border-radius: 99px;
    background: var(--_accent);
    color: var(--_accent-text);
    font-size: 0.75em;
    line-height: 1.7;
  }
  .score {
    font-variant-numeric: tabular-nums;
    font-weight: 600;
    text-align: end;
  }
  .between {
    display: flex;
    align-items: center;
    justify-content: center;
    gap: 10px;
    block-size: calc(var(--_row) * 0.7);
    border-block-end: 1px solid var(--_line);
    color: var(--_muted);
    font-size: 0.8em;
  }
  .open .line-mark {
    block-size: 0;
    border-block-end: 2px dotted var(--_line);
    inline-size: 60%;
  }
  .bone {
    block-size: 0.8em;
    border-radius: 99px;
    background: var(--_skeleton);
    color: transparent;
  }
  .place.bone {
    block-size: 1.9em;
  }
  .empty {
    display: grid;
    place-content: center;
    min-block-size: calc(var(--_row) * 3);
    padding: var(--_pad);
    box-sizing: border-box;
    color: var(--_muted);
    text-align: center;
  }

  details {
    border-block-start: 1px solid transparent;
  }
  summary {
    display: flex;
    align-items: center;
    gap: 10px;
    min-block-size: 44px;
    padding-inline: var(--_pad);
    border-radius: 0 0 var(--_radius) var(--_radius);
    color: var(--_muted);
    font-weight: 600;
    cursor: pointer;
    list-style: none;
  }
  summary::-webkit-details-marker {
    display: none;
  }
  summary::before {
    content: "";
    inline-size: 7px;
    block-size: 7px;
    border: solid currentColor;
    border-width: 0 2px 2px 0;
    transform: translateY(-2px) rotate(45deg);
  }
  details[open] summary::before {
    transform: translateY(2px) rotate(225deg);
  }
  .rules {
    padding: 0 var(--_pad) var(--_pad);
    font-size: 0.92em;
  }
  .rules p,
  .rules ol,
  .rules dl {
    margin: 0 0 0.7em;
  }
  .rules ol {
    padding-inline-start: 1.4em;
  }
  .rules dt {
    color: var(--_muted);
    font-size: 0.9em;
  }
  .rules dd {
    margin: 0 0 0.4em;
  }
  :is(summary, button):focus-visible {
    outline: 2px solid var(--_accent);
    outline-offset: 2px;
  }
  summary:focus-visible {
    outline-offset: -4px;
  }
  .unseen {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  @media (prefers-reduced-motion: no-preference) {
    .status[data-status="live"]::before {
      animation: pulse 2.4s ease-in-out infinite;
    }
    @keyframes pulse {
      50% {
        transform: scale(0.7);
      }
    }
  }
  @media (forced-colors: active) {
    .row.own {
      outline: 2px solid Highlight;
      outline-offset: -2px;
    }
  }
`;
