import { useQuery } from "@connectrpc/connect-query";
import { TelemetryService } from "@laurel/client";
import { useLingui } from "@lingui/react";
import { Skeleton, Stack } from "@mantine/core";
import { createFileRoute } from "@tanstack/react-router";
import { FirstEvent } from "../../telemetry/FirstEvent.tsx";
import { PulseBoard } from "../../telemetry/PulseBoard.tsx";
import { sawEvents } from "../../telemetry/pulse.model.ts";
import { ErrorNotice } from "../../ui/ErrorNotice.tsx";
import { PageHead } from "../../ui/PageHead.tsx";
import { instantOfMicros } from "../../ui/time.model.ts";

export const Route = createFileRoute("/_studio/")({ component: PulseRoom });

/** Seconds of the window. */
const windowSeconds = 120;
const pollMillis = 1_000;

function PulseRoom() {
  const { i18n } = useLingui();
  const pulse = useQuery(
    TelemetryService.method.getPulse,
    { seconds: windowSeconds },
    { refetchInterval: pollMillis, retry: false, staleTime: 0 },
  );
  const figures = pulse.data;
  return (
    <>
      <PageHead title={i18n.t("Pulse")} description={i18n.t("How the engine does, second by second.")} />
      <Stack gap="md">
        {pulse.error !== null && figures === undefined ? (
          <ErrorNotice
            error={pulse.error}
            title={i18n.t("The figures can't be read.")}
            onRetry={() => void pulse.refetch()}
          />
        ) : null}
        {figures === undefined ? (
          pulse.error === null ? (
            <Skeleton height={420} animate={false} />
          ) : null
        ) : (
          <>
            {sawEvents(figures.points) ? null : (
              <FirstEvent origin={window.location.origin} now={instantOfMicros(figures.nowMicros)} />
            )}
            <PulseBoard figures={figures} reachable={pulse.error === null} />
          </>
        )}
      </Stack>
    </>
  );
}
