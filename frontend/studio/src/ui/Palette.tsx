import type { ContestState } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import type { I18n } from "@lingui/core";
import { useLingui } from "@lingui/react";
import { useMantineColorScheme } from "@mantine/core";
import {
  Spotlight,
  type SpotlightActionData,
  type SpotlightActionGroupData,
  type SpotlightFilterFunction,
} from "@mantine/spotlight";
import { titleOf } from "../contest/contest.model.ts";
import { boardLinkName } from "../contest/contest.words.ts";
import { type Locale, locales } from "../i18n.ts";
import { mayPublish, mayReview } from "../operator/session.model.ts";
import { useChooseLocale } from "./Choices.tsx";
import {
  BoardIcon,
  ContestIcon,
  LanguageIcon,
  MoonIcon,
  PlusIcon,
  PulseIcon,
  ReviewIcon,
  SearchIcon,
  SunIcon,
} from "./icons.tsx";
import { findsAllWords } from "./palette.model.ts";

interface PaletteProps {
  readonly contests: readonly {
    readonly id: string;
    readonly title: string;
    readonly state: ContestState;
  }[];
  /** What is typed, for which contests may have to be asked for. */
  readonly query: string;
  readonly onQuery: (query: string) => void;
  readonly roles: readonly string[];
  /** Called when it opens: its contests may have changed since. */
  readonly onOpen: () => void;
  readonly onGo: (path: string) => void;
  readonly onSignOut: () => void;
}

const filterActions: SpotlightFilterFunction = (query, groups) =>
  groups
    .map((group) =>
      "actions" in group
        ? {
            ...group,
            actions: group.actions.filter(({ label, description }) =>
              findsAllWords(query, [label, description]),
            ),
          }
        : group,
    )
    .filter((group) => !("actions" in group) || group.actions.length > 0);

function roomActions(i18n: I18n, { roles, onGo }: PaletteProps): SpotlightActionData[] {
  return [
    { id: "pulse", label: i18n.t("Pulse"), leftSection: <PulseIcon />, onClick: () => onGo("/") },
    {
      id: "contests",
      label: i18n.t("Contests"),
      leftSection: <ContestIcon />,
      onClick: () => onGo("/contests"),
    },
    ...(mayPublish(roles)
      ? [
          {
            id: "new",
            label: i18n.t("New contest"),
            leftSection: <PlusIcon />,
            onClick: () => onGo("/contests/new"),
          },
        ]
      : []),
    ...(mayReview(roles)
      ? [
          {
            id: "dead-letters",
            label: i18n.t("Dead letters"),
            leftSection: <ReviewIcon />,
            onClick: () => onGo("/events/dead-letters"),
          },
          {
            id: "conflicts",
            label: i18n.t("Conflicts"),
            leftSection: <ReviewIcon />,
            onClick: () => onGo("/events/conflicts"),
          },
        ]
      : []),
  ];
}

function contestActions(i18n: I18n, { contests, onGo }: PaletteProps): SpotlightActionData[] {
  return contests.flatMap((contest) => {
    const path = `/contests/${encodeURIComponent(contest.id)}`;
    const name = titleOf(contest);
    return [
      {
        id: `contest-${contest.id}`,
        label: name,
        description: contest.id,
        leftSection: <ContestIcon />,
        onClick: () => onGo(path),
      },
      {
        id: `board-${contest.id}`,
        label: boardLinkName(i18n, contest.state, name),
        description: contest.id,
        leftSection: <BoardIcon />,
        onClick: () => onGo(`${path}/board`),
      },
    ];
  });
}

function useChoiceActions(i18n: I18n, { onSignOut }: PaletteProps): SpotlightActionData[] {
  const { setColorScheme } = useMantineColorScheme();
  const chooseLocale = useChooseLocale();
  return [
    {
      id: "light",
      label: i18n.t("Light colours"),
      leftSection: <SunIcon />,
      onClick: () => setColorScheme("light"),
    },
    {
      id: "dark",
      label: i18n.t("Dark colours"),
      leftSection: <MoonIcon />,
      onClick: () => setColorScheme("dark"),
    },
    ...(Object.keys(locales) as Locale[]).map((locale) => ({
      id: `language-${locale}`,
      label: locales[locale].name,
      leftSection: <LanguageIcon />,
      onClick: () => chooseLocale(locale),
    })),
    { id: "sign-out", label: i18n.t("Sign out"), onClick: onSignOut },
  ];
}

/** Ctrl-K: goes to any room, contest or board, and changes language and colours. */
export function Palette(props: PaletteProps) {
  const { i18n } = useLingui();
  const groups: SpotlightActionGroupData[] = [
    { group: i18n.t("Rooms"), actions: roomActions(i18n, props) },
    { group: i18n.t("Contests"), actions: contestActions(i18n, props) },
    { group: i18n.t("Choices"), actions: useChoiceActions(i18n, props) },
  ];
  return (
    <Spotlight
      actions={groups.filter(({ actions }) => actions.length > 0)}
      shortcut={["mod + K", "mod + P"]}
      query={props.query}
      onQueryChange={props.onQuery}
      onSpotlightOpen={props.onOpen}
      highlightQuery
      filter={filterActions}
      transitionProps={{ duration: 0 }}
      limit={40}
      scrollable
      maxHeight={420}
      attributes={{ content: { "aria-label": i18n.t("Go to") } }}
      nothingFound={i18n.t("Nothing found")}
      searchProps={{
        leftSection: <SearchIcon />,
        placeholder: i18n.t("Go to a room, a contest or a board"),
        "aria-label": i18n.t("Go to"),
      }}
    />
  );
}
