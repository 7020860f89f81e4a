import { useLingui } from "@lingui/react";
import { EmptyState } from "../ui/EmptyState.tsx";
import { BoardIcon } from "../ui/icons.tsx";
import { RoomButton } from "../ui/links.tsx";
import { Panel } from "../ui/Panel.tsx";

interface NothingLiveProps {
  /** Whether the operator may publish a contest. */
  readonly publishes: boolean;
}

/** What stands in the place of a live board while no contest is live. */
export function NothingLive({ publishes }: NothingLiveProps) {
  const { i18n } = useLingui();
  return (
    <Panel title={i18n.t("Live now")} h="100%">
      <EmptyState
        icon={<BoardIcon size={28} />}
        title={i18n.t("No contest is live")}
        order={3}
        action={
          publishes ? (
            <RoomButton to="/contests/new">{i18n.t("Start from an example")}</RoomButton>
          ) : (
            <RoomButton to="/contests" variant="default">
              {i18n.t("Contests")}
            </RoomButton>
          )
        }
      >
        {i18n.t(
          "While a contest runs, its first five places move here as rounds come in. Publish one whose " +
            "window is open, and it shows here by itself.",
        )}
      </EmptyState>
    </Panel>
  );
}
