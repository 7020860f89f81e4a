import { useLingui } from "@lingui/react";
import { Group, Text } from "@mantine/core";
import { RoomLink } from "../ui/links.tsx";
import { Panel } from "../ui/Panel.tsx";
import { useFormat } from "../ui/useFormat.ts";
import classes from "./ReviewRoom.module.css";
import type { Cause } from "./review.model.ts";

/** Reasons shown; the rest is in the list. */
const causesShown = 5;

interface CausesProps {
  readonly causes: readonly Cause[];
  /** How many of the newest letters were counted; undefined when it was all of them. */
  readonly of: number | undefined;
}

/** The most frequent reasons; each leads to its letters. */
export function Causes({ causes, of }: CausesProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  if (causes.length === 0) return null;
  return (
    <Panel title={i18n.t("By reason")} mb="md">
      {of === undefined ? null : (
        <Text size="xs" c="dimmed">
          {i18n.t("of the newest {limit}", { limit: format.count(of) })}
        </Text>
      )}
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
