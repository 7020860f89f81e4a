import type { ContestState } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import { useLingui } from "@lingui/react";
import { Group, SegmentedControl, Text } from "@mantine/core";
import { useFormat } from "../ui/useFormat.ts";
import { BoardTable } from "./BoardTable.tsx";
import { type BoardRow, type BoardSearch, chosenOf, topChoices } from "./board.model.ts";
import { NobodyScored } from "./NobodyScored.tsx";
import { useHeldRows } from "./useHeldRows.ts";
import { WaitingNotice } from "./WaitingNotice.tsx";

interface HeldBoardProps {
  readonly rows: readonly BoardRow[];
  readonly total: bigint;
  /** What the rows belong to; another scope never waits. */
  readonly scope: string;
  readonly history: boolean;
  readonly state: ContestState;
  readonly precision: number;
  readonly title: string;
  readonly search: BoardSearch;
  readonly onSearch: (change: Partial<BoardSearch>) => void;
  readonly onToggle: (userId: string) => void;
}

/** The board, which keeps still while somebody reads or works in it. */
export function HeldBoard(props: HeldBoardProps) {
  const { rows, total, scope, history, state, precision, title, search, onSearch, onToggle } = props;
  const { i18n } = useLingui();
  const format = useFormat();
  const held = useHeldRows(rows, scope);
  return (
    <div>
      <Group justify="space-between" mih={44} gap="sm">
        <Text size="sm" c="dimmed">
          {i18n.t("{count, plural, one {{total} player} other {{total} players}}", {
            count: Number(total),
            total: format.count(total),
          })}
        </Text>
        <WaitingNotice held={held.held && !history} waiting={held.waiting} onShow={held.release} />
        <SegmentedControl
          size="xs"
          aria-label={i18n.t("Rows from the top")}
          data={topChoices.map((choice) => ({ value: String(choice), label: format.count(choice) }))}
          value={String(search.top)}
          onChange={(value) => onSearch({ top: Number(value) })}
        />
      </Group>
      {held.rows.length === 0 ? (
        <NobodyScored state={state} order={2} />
      ) : (
        <div {...held.handlers}>
          <BoardTable
            rows={held.rows}
            precision={precision}
            label={i18n.t("Board of {title}", { title })}
            chosen={chosenOf(search)}
            onToggle={onToggle}
            sought={search.find}
          />
        </div>
      )}
    </div>
  );
}
