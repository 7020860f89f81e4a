import { useLingui } from "@lingui/react";
import { Center } from "@mantine/core";
import { EmptyState } from "./EmptyState.tsx";
import { AlertIcon } from "./icons.tsx";
import { RoomButton } from "./links.tsx";

/** What an unknown address shows. */
export function NoSuchRoom() {
  const { i18n } = useLingui();
  return (
    <Center component="main" mih="100dvh">
      <title>{`${i18n.t("Not found")} · Laurel`}</title>
      <EmptyState
        order={1}
        icon={<AlertIcon size={28} />}
        title={i18n.t("There is nothing at this address")}
        action={<RoomButton to="/">{i18n.t("To the Pulse")}</RoomButton>}
      >
        {i18n.t("The link may be old, or something was renamed.")}
      </EmptyState>
    </Center>
  );
}
