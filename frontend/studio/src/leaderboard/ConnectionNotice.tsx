import type { ConnectionState } from "@laurel/client";
import { useLingui } from "@lingui/react";
import { Group, Text } from "@mantine/core";
import { Notice } from "../ui/Notice.tsx";
import { useFormat } from "../ui/useFormat.ts";
import classes from "./ConnectionNotice.module.css";

interface ConnectionNoticeProps {
  readonly state: ConnectionState;
  /** The rank store is being rebuilt; the rows come from the database. */
  readonly stale: boolean;
  /** When the last frame came, in milliseconds since 1970. */
  readonly heardAt: number | undefined;
}

/** A small word beside the title: is this live. */
export function ConnectionMark({ state }: Pick<ConnectionNoticeProps, "state">) {
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
        {words[state]}
      </Text>
    </Group>
  );
}

/** Says when the board may be out of date, and since when. The last board stays on the screen. */
export function ConnectionNotice({ state, stale, heardAt }: ConnectionNoticeProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  const broken = state === "reconnecting" || state === "offline" || state === "unauthorised";
  if (!broken && !stale) return null;
  const since = heardAt === undefined ? "" : format.timeOfDay(new Date(heardAt), format.zone);
  const title = broken
    ? state === "unauthorised"
      ? i18n.t("The session ended; sign in again for the live board.")
      : state === "offline"
        ? i18n.t("This device is offline. The board goes on by itself once it is back.")
        : i18n.t("The connection broke; trying again.")
    : i18n.t("Ranks are being rebuilt; the rows come from the database and may be a little late.");
  return (
    <Notice tone="warn" role="status" title={title}>
      {broken && since !== "" ? (
        <Text size="sm">{i18n.t("The board is as of {time}.", { time: since })}</Text>
      ) : null}
    </Notice>
  );
}
