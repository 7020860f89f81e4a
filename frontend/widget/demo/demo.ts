import type { LaurelEvents } from "../src/events.js";
import type { LaurelLeaderboard } from "../src/laurel-leaderboard.js";
import {
  type Choices,
  choicesOf,
  pickTournament,
  queryOf,
  snippetOf,
  type Tournament,
} from "./choices.model.js";
import { type DemoTexts, demoTexts } from "./demo-catalogue.js";

const eventsShown = 6;
const suggestedPlayers = 12;
const prefersDark = matchMedia("(prefers-color-scheme: dark)");

function element<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`demo.html lacks #${id}`);
  return found;
}

const stage = element("board", HTMLElement);
const notice = element("notice", HTMLElement);
const player = element("player", HTMLInputElement);
const forms = [element("choices", HTMLFormElement), element("look", HTMLFormElement)];

let choices: Choices = choicesOf(new URLSearchParams(location.search), navigator.language);
let noticeText: keyof DemoTexts | undefined;
let board: LaurelLeaderboard | undefined;

async function tokenFor(user: string): Promise<string> {
  const answer = await fetch(`/demo/token?user=${encodeURIComponent(user)}`);
  if (!answer.ok) throw new Error(`no token for ${user}: ${answer.status}`);
  const { token } = (await answer.json()) as { token: string };
  return token;
}

/** Draws everything that follows from the choices. */
function show(): void {
  const texts: DemoTexts = demoTexts[choices.locale];
  const root = document.documentElement;
  root.lang = choices.locale;
  root.dir = choices.locale === "fa" ? "rtl" : "ltr";
  root.dataset.theme = choices.theme === "auto" ? (prefersDark.matches ? "dark" : "light") : choices.theme;
  document.title = texts.title;
  for (const each of document.querySelectorAll<HTMLElement>("[data-text]")) {
    each.textContent = texts[each.dataset.text as keyof DemoTexts];
  }
  notice.textContent = noticeText ? texts[noticeText] : "";
  element("snippet", HTMLElement).textContent = snippetOf(choices, location.origin);
  element("anonymous", HTMLButtonElement).disabled = !choices.player;
  stage.dataset.brand = choices.brand;
  if (!board) return;
  board.locale = choices.locale;
  board.theme = choices.theme;
  board.density = choices.density;
}

/** Takes a change of choices: the address keeps it, so that a link shows the same. */
function choose(change: Partial<Choices>): void {
  const before = choices;
  choices = { ...choices, ...change };
  history.replaceState(null, "", queryOf(choices));
  if (choices.contest !== before.contest) noticeText = undefined;
  if (board) board.contestId = choices.contest;
  if (board && choices.player !== before.player) follow(board);
  show();
}

function follow(widget: LaurelLeaderboard): void {
  const user = choices.player;
  widget.tokenProvider = user ? () => tokenFor(user) : undefined;
}

function placeWidget(): void {
  board = document.createElement("laurel-leaderboard");
  board.contestId = choices.contest;
  follow(board);
  for (const name of ["laurel-ready", "laurel-rank-change", "laurel-connection", "laurel-error"] as const) {
    board.addEventListener(name, (event) => log(event));
  }
  stage.replaceChildren(board);
}

function log(event: LaurelEvents[keyof LaurelEvents]): void {
  const list = element("events", HTMLOListElement);
  const item = document.createElement("li");
  const name = document.createElement("b");
  name.textContent = event.type;
  const detail = JSON.stringify(event.detail, (_key, value: unknown) =>
    typeof value === "bigint" ? `${value}n` : value,
  );
  item.append(name, ` ${detail.replaceAll('"', "")}`);
  list.prepend(item);
  while (list.children.length > eventsShown) list.lastElementChild?.remove();
}

async function listContests(): Promise<readonly Tournament[]> {
  const answer = await fetch("/v1/tournaments");
  if (!answer.ok) throw new Error(`tournaments: ${answer.status}`);
  return (await answer.json()) as Tournament[];
}

/** Shows the contest of the address, else the first live one, and offers the others. */
async function findContest(): Promise<void> {
  noticeText = choices.contest ? undefined : "searching";
  show();
  let contests: readonly Tournament[] = [];
  try {
    contests = await listContests();
    const found = pickTournament(contests);
    if (!choices.contest) {
      noticeText = found ? (found.status === "live" ? undefined : "noneLive") : "none";
      choices = { ...choices, contest: found?.id ?? "" };
    }
  } catch {
    noticeText = "unreachable";
  }
  const { contest } = choices;
  const listed = !contest || contests.some(({ id }) => id === contest);
  const offered = listed ? contests : [...contests, { id: contest, status: "" } satisfies Tournament];
  element("contest", HTMLSelectElement).replaceChildren(
    ...offered.map(({ id, title }: Tournament) => new Option(title || id, id, false, id === contest)),
  );
  if (contest) placeWidget();
}

/** Only a server in dev mode hands out tokens to anyone who asks. */
async function offerFollowing(): Promise<void> {
  const answer = await fetch("/demo/token?user=u_1").catch(() => undefined);
  element("follow", HTMLFormElement).hidden = !answer?.ok;
}

function listen(): void {
  for (const form of forms) {
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", () => {
      const values = Object.fromEntries(new FormData(form)) as Record<string, string>;
      choose(choicesOf(new URLSearchParams({ ...choices, ...values }), navigator.language));
    });
  }
  element("follow", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    choose({ player: player.value.trim() });
  });
  element("anonymous", HTMLButtonElement).addEventListener("click", () => {
    player.value = "";
    choose({ player: "" });
  });
  const copy = element("copy", HTMLButtonElement);
  copy.addEventListener("click", () => {
    navigator.clipboard
      .writeText(snippetOf(choices, location.origin))
      .then(() => {
        copy.textContent = demoTexts[choices.locale].copied;
      })
      .catch(() => getSelection()?.selectAllChildren(element("snippet", HTMLElement)));
  });
  prefersDark.addEventListener("change", show);
}

function fillForms(): void {
  for (const form of forms) {
    for (const input of form.querySelectorAll("input")) {
      input.checked = choices[input.name as keyof Choices] === input.value;
    }
  }
  player.value = choices.player;
  const options = Array.from({ length: suggestedPlayers }, (_, index) => new Option(`u_${index + 1}`));
  element("players", HTMLDataListElement).replaceChildren(...options);
}

fillForms();
listen();
show();
await Promise.all([customElements.whenDefined("laurel-leaderboard").then(findContest), offerFollowing()]);
show();
