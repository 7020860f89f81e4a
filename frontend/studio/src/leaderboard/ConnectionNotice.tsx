import type { ConnectionState } from "@laurel/client";
import { useLingui } from "@lingui/react";
import { Group, Text } from "@mantine/core";
import { Notice } from "../ui/Notice.tsx";
import { useFormat } from "../ui/useFormat.ts";
import classes from "./ConnectionNotice.module.css";
import type { ConnectionTrouble } from "./connection.model.ts";

interface ConnectionMarkProps {
  readonly state: ConnectionState;
  readonly trouble: ConnectionTrouble | undefined;
}

/** A small word beside the title: is this live. */
export function ConnectionMark({ state, trouble }: ConnectionMarkProps) {
  const { i18n } = useLingui();
  const words: Record<ConnectionState, string> = {
    idle: i18n.t("Not connected"),
    connecting: i18n.t("Connecting"),
    live: i18n.t("Connected"),
    reconnecting: i18n.t("Reconnecting"),
    offline: i18n.t("Offline"),
    paused: i18n.t("Paused"),
    unauthorised: i18n.t("Signed out"),
  };
  return (
    <Group gap={6} className={classes.mark} data-state={state} wrap="nowrap">
      <span aria-hidden="true" className={classes.dot} />
      <Text span size="sm">
        {words[trouble === "missing" ? "idle" : state]}
      </Text>
    </Group>
  );
}

interface ConnectionNoticeProps {
  readonly trouble: ConnectionTrouble | undefined;
  /** The rank store is being rebuilt; the rows come from the database. */
  readonly stale: boolean;
  /** When the shown places were so; undefined where nobody knows. */
  readonly asOf: Date | undefined;
  /** The contest's zone. */
  readonly zone: string;
}

/** Says when the board may be out of date, and since when. The last board stays on the screen. */
export function ConnectionNotice({ trouble, stale, asOf, zone }: ConnectionNoticeProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  if (trouble === undefined && !stale) return null;
  const words: Record<ConnectionTrouble, string> = {
    broken: i18n.t("The connection broke; trying again."),
    missing: i18n.t("Live updates can't be had at the moment; trying again."),
    offline: i18n.t("This device is offline. The board goes on by itself once it is back."),
    unauthorised: i18n.t("The session ended; sign in again for the live board."),
  };
  const title =
    trouble === undefined
      ? i18n.t("Ranks are being rebuilt; the rows come from the database and may be a little late.")
      : words[trouble];
  return (
    <Notice tone="warn" role="status" title={title}>
      {trouble === undefined || asOf === undefined ? null : (
        // Places that are asked for again and again have a new time each time: nobody wants to hear each of them.
        <Text size="sm" aria-live="off">
          {i18n.t("The board is as of {time}.", { time: format.instantThere(asOf, zone, true) })}
        </Text>
      )}
    </Notice>
  );
}
