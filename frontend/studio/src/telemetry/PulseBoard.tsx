import type { GetPulseResponse } from "@laurel/client/gen/laurel/v1/telemetry_service_pb.js";
import { useLingui } from "@lingui/react";
import { Grid, SimpleGrid, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { RoomLink } from "../ui/links.tsx";
import { Panel } from "../ui/Panel.tsx";
import { useFormat } from "../ui/useFormat.ts";
import { ContestCounts } from "./ContestCounts.tsx";
import { EngineFacts } from "./EngineFacts.tsx";
import { Figure } from "./Figure.tsx";
import { HealthLine } from "./HealthLine.tsx";
import { LeftOut } from "./LeftOut.tsx";
import { PulseChart } from "./PulseChart.tsx";
import { healthOf, lagLimitMillis, type Pulse, pulseOf, type Stage } from "./pulse.model.ts";

interface PulseBoardProps {
  readonly figures: GetPulseResponse;
  readonly reachable: boolean;
  /** Whether the reader may look at the events behind the figures. */
  readonly reviews: boolean;
  /** What moves right now: stands beside the leading figures. */
  readonly liveNow: ReactNode;
}

/** All figures of the engine on one page. */
export function PulseBoard({ figures, reachable, reviews, liveNow }: PulseBoardProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  const pulse = pulseOf(figures.points);
  const window = i18n.t("in the last {seconds, plural, one {# second} other {# seconds}}", {
    seconds: figures.points.length,
  });
  return (
    <Stack gap="md">
      <HealthLine health={healthOf(pulse, reachable)} />
      <LeftOut figures={figures} />
      <Grid gap="md">
        <Grid.Col span={{ base: 12, lg: 3 }}>
          <SimpleGrid cols={{ base: 2, lg: 1 }} spacing="md" h="100%">
            <Figure
              leading
              name={i18n.t("Events accepted per second")}
              value={format.count(pulse.acceptedNow)}
              note={i18n.t("{count} accepted {window}", { count: format.count(pulse.accepted), window })}
            />
            <Figure
              leading
              name={i18n.t("Lag")}
              value={format.microseconds(pulse.lagMillis * 1_000n)}
              tone={pulse.lagMillis > lagLimitMillis ? "bad" : "good"}
              note={i18n.t("age of the oldest event not yet folded")}
            />
          </SimpleGrid>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 9 }}>{liveNow}</Grid.Col>
      </Grid>
      <Panel title={i18n.t("Flow")}>
        <PulseChart points={figures.points} />
        <Text size="xs" c="dimmed" mt="xs">
          {i18n.t("Folded includes the events that Laurel emits itself.")}
        </Text>
      </Panel>
      <Measures figures={figures} pulse={pulse} window={window} reviews={reviews} />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <ContestCounts counts={figures.contests} />
        <EngineFacts
          sockets={pulse.sockets}
          database={figures.database}
          board={figures.board}
          clock={figures.clock}
          now={figures.now}
        />
      </SimpleGrid>
    </Stack>
  );
}

interface MeasuresProps {
  readonly figures: GetPulseResponse;
  readonly pulse: Pulse;
  /** The time that the pulse is of, in words. */
  readonly window: string;
  readonly reviews: boolean;
}

/** How long each stage takes, and what was not taken. */
function Measures({ figures, pulse, window, reviews }: MeasuresProps) {
  const { i18n } = useLingui();
  const format = useFormat();
  const stages: { stage: Stage; name: string; note: string }[] = [
    { stage: "ingest", name: i18n.t("Ingest p95"), note: i18n.t("request to durable") },
    { stage: "rule", name: i18n.t("Rule p95"), note: i18n.t("scoring one batch") },
    { stage: "board", name: i18n.t("Board p95"), note: i18n.t("one board update") },
    { stage: "push", name: i18n.t("Push p95"), note: i18n.t("event to socket") },
  ];
  return (
    <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="md">
      {stages.map(({ stage, name, note }) => {
        const micros = pulse.p95[stage];
        return (
          <Figure
            key={stage}
            name={name}
            value={micros === undefined ? "–" : format.microseconds(micros)}
            note={micros === undefined ? i18n.t("nothing measured yet") : note}
          />
        );
      })}
      <Figure name={i18n.t("Duplicates")} value={format.count(pulse.duplicates)} note={window} />
      <Figure
        name={i18n.t("Rejected")}
        value={format.count(pulse.rejected)}
        tone={pulse.rejected > 0n ? "warn" : undefined}
        note={window}
      />
      <Figure
        name={i18n.t("Dead letters")}
        value={
          <Reviewed to="/events/dead-letters" reviews={reviews}>
            {format.count(figures.deadLetters)}
          </Reviewed>
        }
        tone={figures.deadLetters > 0n ? "bad" : undefined}
        note={i18n.t("events that could not be scored, ever")}
      />
      <Figure
        name={i18n.t("Conflicts")}
        value={
          <Reviewed to="/events/conflicts" reviews={reviews}>
            {format.count(figures.conflicts)}
          </Reviewed>
        }
        tone={figures.conflicts > 0n ? "warn" : undefined}
        note={i18n.t("event ids used again with other content, ever")}
      />
    </SimpleGrid>
  );
}

interface ReviewedProps {
  readonly to: "/events/dead-letters" | "/events/conflicts";
  readonly reviews: boolean;
  readonly children: ReactNode;
}

/** A figure that leads to the events behind it. */
function Reviewed({ to, reviews, children }: ReviewedProps) {
  return reviews ? (
    <RoomLink to={to} c="inherit" fz="inherit" fw="inherit" underline="always">
      {children}
    </RoomLink>
  ) : (
    children
  );
}
