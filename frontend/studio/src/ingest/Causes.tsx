import { useLingui } from "@lingui/react";
import { Group, Text } from "@mantine/core";
import { RoomLink } from "../ui/links.tsx";
import { Panel } from "../ui/Panel.tsx";
import { useFormat } from "../ui/useFormat.ts";
import classes from "./ReviewRoom.module.css";
import { type Cause, gap } from "./review.model.ts";

/** Reasons shown; the rest is in the list. */
const causesShown = 5;

interface CausesProps {
  readonly causes: readonly Cause[];
  /** Whether there are older letters, which were not counted. */
  readonly more: boolean;
  /** Whether only those that have a text in them were counted. */
  readonly found: boolean;
}

/** The most frequent reasons, and of what they were counted; each leads to its letters. */
export function Causes({ causes, more, found }: CausesProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  if (causes.length === 0) return null;
  return (
    <Panel title={i18n.t("Dead letters by reason")} mb="md">
      <Text size="xs" c="dimmed">
        <Counted causes={causes} more={more} found={found} />{" "}
        {causes.length <= causesShown
          ? null
          : i18n.t("The {shown} most frequent of {total} reasons are shown.", {
              shown: format.count(causesShown),
              total: format.count(causes.length),
            })}{" "}
        {causes.some(({ cause }) => cause.includes(gap))
          ? i18n.t("A reason is why an event could not be scored; … stands for a number of that event.")
          : i18n.t("A reason is why an event could not be scored.")}
      </Text>
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

/** Says what was counted: all letters or the newest ones, of all or of those that were found. */
function Counted({ causes, more, found }: CausesProps) {
  const { i18n } = useLingui();
  const total = useFormat().count(causes.reduce((sum, { count }) => sum + count, 0));
  if (more && found) {
    return i18n.t("Counted among the newest {total} dead letters that were found; older ones are left out.", {
      total,
    });
  }
  if (more)
    return i18n.t("Counted among the newest {total} dead letters; older ones are left out.", { total });
  if (found) return i18n.t("Counted among all dead letters that were found: {total}.", { total });
  return i18n.t("Counted among all dead letters: {total}.", { total });
}
