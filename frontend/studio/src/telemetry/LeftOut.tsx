import type { GetPulseResponse } from "@laurel/client/gen/laurel/v1/telemetry_service_pb.js";
import { useLingui } from "@lingui/react";
import { Text } from "@mantine/core";
import { Notice } from "../ui/Notice.tsx";

interface LeftOutProps {
  readonly figures: GetPulseResponse;
}

/** What the engine leaves out until somebody publishes: definitions that can't be read, and events of days without a rate. */
export function LeftOut({ figures }: LeftOutProps) {
  const { i18n } = useLingui();
  return (
    <>
      {figures.unread.length === 0 ? null : (
        <Notice
          tone="bad"
          role="status"
          title={i18n.t("Some published definitions can't be read; contests among them take no events.")}
        >
          {figures.unread.map(({ kind, id, version, reason }) => (
            <Text key={`${kind} ${id} ${String(version)}`} size="sm" dir="ltr">
              {`${kind} ${id}: ${reason}`}
            </Text>
          ))}
        </Notice>
      )}
      {figures.withoutRate.length === 0 ? null : (
        <Notice
          tone="warn"
          role="status"
          title={i18n.t("Events of days without a rate do not count in some contests.")}
        >
          {/* Without the numbers, which change each second: a screen reader would say them each second. */}
          <Text size="sm" dir="ltr">
            {figures.withoutRate.map(({ contestId }) => contestId).join(", ")}
          </Text>
        </Notice>
      )}
    </>
  );
}
