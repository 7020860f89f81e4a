import { useLingui } from "@lingui/react";
import { Checkbox } from "@mantine/core";
import { memo, useCallback, useEffect, useRef, useState } from "react";
import { RoomLink } from "../ui/links.tsx";
import { useFormat } from "../ui/useFormat.ts";
import classes from "./BoardTable.module.css";
import { type BoardRow, behindAbove, movements } from "./board.model.ts";
import { useRowSlide } from "./useRowSlide.ts";

interface BoardTableProps {
  readonly rows: readonly BoardRow[];
  readonly precision: number;
  readonly label: string;
  /** User ids of the players that are compared. */
  readonly chosen?: readonly string[];
  /** Without it no players can be chosen. */
  readonly onToggle?: (userId: string) => void;
  /** Contest to whose full board the names lead; without it they are plain. */
  readonly leadsTo?: string;
  /** User id of the player that is looked for. */
  readonly sought?: string | undefined;
  /** Leaves out what does not fit into a narrow column. */
  readonly compact?: boolean;
}

/** How a player moved with the last change. */
function Moved({ places }: { readonly places: number | undefined }) {
  const { i18n } = useLingui();
  const format = useFormat();
  if (places === undefined || places === 0) return null;
  const count = format.count(Math.abs(places));
  const words = places > 0 ? i18n.t("up {count}", { count }) : i18n.t("down {count}", { count });
  return (
    <span className={classes.moved} data-up={places > 0 || undefined} role="img" aria-label={words}>
      {places > 0 ? "▲" : "▼"}
      {count}
    </span>
  );
}

/** The last movement of each player, kept until he moves again or the note grows old. */
function useMovements(rows: readonly BoardRow[]): ReadonlyMap<string, number> {
  const last = useRef(rows);
  const [moved, setMoved] = useState<ReadonlyMap<string, number>>(new Map());
  useEffect(() => {
    const now = movements(last.current, rows);
    last.current = rows;
    if (now.size > 0) setMoved((before) => new Map([...before, ...now]));
  }, [rows]);
  useEffect(() => {
    if (moved.size === 0) return;
    const timer = window.setTimeout(() => setMoved(new Map()), 5_000);
    return () => window.clearTimeout(timer);
  }, [moved]);
  return moved;
}

interface BoardLineProps {
  readonly row: BoardRow;
  readonly behind: bigint | undefined;
  readonly precision: number;
  readonly moved: number | undefined;
  readonly isChosen: boolean;
  readonly isSought: boolean;
  readonly compact: boolean;
  readonly leadsTo: string | undefined;
  readonly onToggle: ((userId: string) => void) | undefined;
}

/** A player's name, which may lead to him on the full board. */
function PlayerName({ row, leadsTo }: Pick<BoardLineProps, "row" | "leadsTo">) {
  const name = (
    <bdi dir="auto" className={classes.name}>
      {row.name}
    </bdi>
  );
  if (leadsTo === undefined || row.userId === "") return name;
  return (
    <RoomLink
      to="/contests/$id/board"
      params={{ id: leadsTo }}
      search={{ find: row.userId }}
      c="inherit"
      fw="inherit"
      miw={0}
    >
      {name}
    </RoomLink>
  );
}

/** One row. A change of the board draws only the rows it touches anew. */
const BoardLine = memo(function BoardLine(props: BoardLineProps) {
  const { row, behind, precision, moved, isChosen, isSought, compact, leadsTo, onToggle } = props;
  const { i18n } = useLingui();
  const format = useFormat();
  return (
    <tr
      data-key={row.playerKey}
      data-user-id={row.userId}
      data-chosen={isChosen || undefined}
      data-sought={isSought || undefined}
    >
      {onToggle === undefined ? null : (
        <td className={classes.choose}>
          <Checkbox
            checked={isChosen}
            disabled={row.userId === ""}
            onChange={() => onToggle(row.userId)}
            aria-label={i18n.t("Compare {name}", { name: row.name })}
          />
        </td>
      )}
      <td className={classes.place}>
        <span className={classes.medal} data-place={row.place <= 3n ? row.place.toString() : undefined}>
          {format.count(row.place)}
        </span>
        <Moved places={moved} />
      </td>
      <th scope="row" className={classes.player} title={`${row.name} ${row.userId}`.trim()}>
        <div className={classes.who}>
          <PlayerName row={row} leadsTo={leadsTo} />
          {row.userId === "" ? null : (
            <bdi dir="auto" className={classes.userId}>
              {row.userId}
            </bdi>
          )}
        </div>
      </th>
      <td className={classes.number}>{format.units(row.units, precision)}</td>
      {compact ? null : (
        <td className={classes.behind}>
          {behind === undefined ? "" : behind === 0n ? i18n.t("tied") : format.units(behind, precision)}
        </td>
      )}
    </tr>
  );
});

const noPlayers: readonly string[] = [];

/** A board. Rows slide to their new places; two can be chosen to be compared. */
export function BoardTable({
  rows,
  precision,
  label,
  chosen = noPlayers,
  onToggle,
  leadsTo,
  sought,
  compact = false,
}: BoardTableProps) {
  const { i18n } = useLingui();
  const body = useRef<HTMLTableSectionElement>(null);
  useRowSlide(body, rows);
  const moved = useMovements(rows);
  const latestToggle = useRef(onToggle);
  useEffect(() => {
    latestToggle.current = onToggle;
  }, [onToggle]);
  const toggle = useCallback((userId: string) => latestToggle.current?.(userId), []);
  const choosable = onToggle !== undefined;
  return (
    <div className={classes.frame}>
      <table className={classes.board} aria-label={label} data-compact={compact || undefined}>
        <thead>
          <tr>
            {choosable ? (
              <th scope="col" className={classes.choose}>
                <span>{i18n.t("Compare")}</span>
              </th>
            ) : null}
            <th scope="col" className={classes.place}>
              {i18n.t("Place")}
            </th>
            <th scope="col">{i18n.t("Player")}</th>
            <th scope="col" className={classes.number}>
              {i18n.t("Score")}
            </th>
            {compact ? null : (
              <th scope="col" className={classes.behind}>
                {i18n.t("Behind")}
              </th>
            )}
          </tr>
        </thead>
        <tbody ref={body}>
          {rows.map((row, index) => (
            <BoardLine
              key={row.playerKey}
              row={row}
              behind={behindAbove(rows, index)}
              precision={precision}
              moved={moved.get(row.playerKey)}
              isChosen={chosen.includes(row.userId)}
              isSought={sought !== undefined && row.userId === sought}
              compact={compact}
              leadsTo={leadsTo}
              onToggle={choosable ? toggle : undefined}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}
