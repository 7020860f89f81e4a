import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { useLingui } from "@lingui/react";
import { Facts } from "../ui/Facts.tsx";
import { Panel } from "../ui/Panel.tsx";
import { instantOf } from "../ui/time.model.ts";
import { useFormat } from "../ui/useFormat.ts";

interface EngineFactsProps {
  readonly sockets: bigint;
  readonly database: string;
  readonly board: string;
  readonly clock: string;
  readonly now: Timestamp | undefined;
}

/** What the installation runs on. */
export function EngineFacts({ sockets, database, board, clock, now }: EngineFactsProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  const instant = instantOf(now);
  const clocks: Record<string, string> = {
    real: i18n.t("the wall clock"),
    shifted: i18n.t("shifted: runs on from a set instant"),
    event: i18n.t("follows the events"),
  };
  return (
    <Panel title={i18n.t("In use")}>
      <Facts
        facts={[
          { name: i18n.t("Open sockets"), value: format.count(sockets) },
          { name: i18n.t("Database"), value: database },
          { name: i18n.t("Board engine"), value: board },
          { name: i18n.t("Clock"), value: clocks[clock] ?? clock },
          {
            name: i18n.t("Its time"),
            value: instant === undefined ? "–" : format.instant(instant, format.zone, true),
          },
        ]}
      />
    </Panel>
  );
}
