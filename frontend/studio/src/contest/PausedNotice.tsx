import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { GetContestResponse } from "@laurel/client/gen/laurel/v1/contest_service_pb.js";
import { useLingui } from "@lingui/react";
import { Stack, Text } from "@mantine/core";
import { Notice } from "../ui/Notice.tsx";
import { useFormat } from "../ui/useFormat.ts";

interface PausedNoticeProps {
  readonly found: GetContestResponse | undefined;
}

/** Says that a contest takes no events, since its definition can't be read, why, and what to do. */
export function PausedNotice({ found }: PausedNoticeProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  const since = found?.contest?.pausedAt;
  if (found === undefined || since === undefined) return null;
  const reason = found.unreadable || found.pauses.at(-1)?.reason;
  return (
    <Notice
      tone="bad"
      role="alert"
      title={i18n.t("This contest takes no events: its definition can't be read.")}
    >
      <Stack gap={4}>
        <Text size="sm">
          {i18n.t(
            "Since {time}. What is played meanwhile does not count. Publish a version that can be read.",
            {
              time: format.instant(timestampDate(since), format.zone),
            },
          )}
        </Text>
        <Text size="sm" dir="ltr">
          {reason}
        </Text>
      </Stack>
    </Notice>
  );
}
