import { useLingui } from "@lingui/react";
import { Group, Text } from "@mantine/core";
import { RoomLink } from "../ui/links.tsx";
import { Panel } from "../ui/Panel.tsx";
import { useFormat } from "../ui/useFormat.ts";
import classes from "./ReviewRoom.module.css";
import type { Cause } from "./review.model.ts";

/** Reasons shown; the rest is in the list. */
const causesShown = 5;

/** The most frequent reasons; each leads to its letters. */
export function Causes({ causes }: { readonly causes: readonly Cause[] }) {
  const { i18n } = useLingui();
  const format = useFormat();
  return (
    <Panel title={i18n.t("By reason")} mb="md">
      <ul className={classes.causes}>
        {causes.slice(0, causesShown).map(({ cause, count }) => (
          <li key={cause}>
            <Group justify="space-between" wrap="nowrap" mih={32}>
              <RoomLink to="/events/dead-letters" search={{ q: cause }} size="sm" className={classes.reason}>
                <bdi lang="en">{cause}</bdi>
              </RoomLink>
              <Text fw={650}>{format.count(count)}</Text>
            </Group>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
