import {
  type AntiAbuse,
  type ContestPlan,
  PointsCurrency,
  type Scoring,
} from "@laurel/client/gen/laurel/v1/contest_pb.js";
import type { I18n } from "@lingui/core";
import { Trans } from "@lingui/react";
import { Code, Text } from "@mantine/core";
import type { Fact } from "../ui/Facts.tsx";
import type { Format } from "../ui/useFormat.ts";
import { orderValueName, poolName, scoringName } from "./contest.words.ts";

const listed = (values: readonly string[] | undefined, none: string) =>
  values === undefined || values.length === 0 ? none : <bdi>{values.join(", ")}</bdi>;

/** What a round must be to count. */
function limitFacts(
  i18n: I18n,
  format: Format,
  scoring: Scoring | undefined,
  limits: AntiAbuse | undefined,
): (Fact | undefined)[] {
  return [
    scoring === undefined || scoring.minBetMinor === 0n
      ? undefined
      : {
          name: i18n.t("Least stake"),
          value: i18n.t("{amount} minor units", { amount: format.count(scoring.minBetMinor) }),
        },
    limits === undefined || limits.minRoundDurationMs === 0n
      ? undefined
      : {
          name: i18n.t("Shortest round"),
          value: i18n.t("{millis} ms; one of unknown duration does not count", {
            millis: format.count(limits.minRoundDurationMs),
          }),
        },
    limits === undefined || limits.maxRpsPerUser === 0
      ? undefined
      : {
          name: i18n.t("Fastest pace"),
          value: i18n.t("{rate} rounds a second for one player", {
            rate: format.decimal(limits.maxRpsPerUser),
          }),
        },
    limits === undefined || limits.excludeAsnCategories.length === 0
      ? undefined
      : { name: i18n.t("Networks left out"), value: listed(limits.excludeAsnCategories, "") },
  ];
}

/** What the currency of amounts means for points; undefined where the server doesn't tell. */
function currencyFact(i18n: I18n, of: PointsCurrency, scoring: Scoring | undefined): Fact | undefined {
  const name = i18n.t("Currency of points");
  const currency = <bdi>{scoring?.currency}</bdi>;
  switch (of) {
    case PointsCurrency.NAMED:
      return { name, value: <Trans id="{currency}; events in others do not count" values={{ currency }} /> };
    case PointsCurrency.CONVERTED:
      return {
        name,
        value: (
          <Trans
            id="{currency}; others count at the rate of their day in {rates}, and not at all on a day without one"
            values={{ currency, rates: <bdi>{scoring?.rates}</bdi> }}
          />
        ),
      };
    case PointsCurrency.CANCELS_OUT:
      return {
        name,
        value: i18n.t("Any: amounts are divided by amounts, so points are the same in every currency"),
      };
    case PointsCurrency.ONE_BY_FILTER:
      return { name, value: i18n.t("The one currency that the filter lets pass") };
    case PointsCurrency.UNNAMED:
      return {
        name,
        value: (
          <Text span inherit c="var(--laurel-warn)">
            {i18n.t(
              "None named: amounts count as the numbers they are, in JPY as in EUR. Name scoring.currency to count in one.",
            )}
          </Text>
        ),
      };
    case PointsCurrency.NO_AMOUNT:
      return { name, value: i18n.t("None: points are no amount of money") };
    case PointsCurrency.UNSPECIFIED:
      return;
  }
}

/** What a contest does, fact by fact, in the language of the reader; limits that it doesn't set are left out. */
export function planFacts(i18n: I18n, format: Format, plan: ContestPlan): Fact[] {
  const contest = plan.definition;
  if (contest === undefined) return [];
  const { scope, scoring, leaderboard: order, antiAbuse: limits, prizes, window } = contest;
  const any = i18n.t("Any");
  const expression = (text: string) => (
    <Code dir="ltr" style={{ overflowWrap: "anywhere" }}>
      {text}
    </Code>
  );
  const facts: (Fact | undefined)[] = [
    { name: i18n.t("Scoring"), value: scoringName(i18n, order?.type ?? "", order?.n ?? 0) },
    { name: i18n.t("Points of a round"), value: expression(scoring?.formula ?? "") },
    currencyFact(i18n, plan.pointsCurrency, scoring),
    scoring?.capPerRound === undefined
      ? undefined
      : { name: i18n.t("Most points of a round"), value: format.decimal(scoring.capPerRound) },
    { name: i18n.t("Decimal places"), value: format.count(scoring?.precision ?? 0) },
    {
      name: i18n.t("Equal scores"),
      value: order?.tiebreaker.map((name) => orderValueName(i18n, name)).join(" › "),
    },
    { name: i18n.t("Events"), value: listed(scoring?.events, i18n.t("Finished rounds")) },
    {
      name: i18n.t("Late events"),
      value: i18n.t(
        "{seconds, plural, one {count until # second after the end} other {count until # seconds after the end}}",
        {
          seconds: window?.graceSeconds ?? 0,
        },
      ),
    },
    { name: i18n.t("Markets"), value: listed(scope?.markets, any) },
    { name: i18n.t("Brands"), value: listed(scope?.brands, any) },
    { name: i18n.t("Providers"), value: listed(scope?.providers, any) },
    { name: i18n.t("Games"), value: listed(scoring?.eligibleGames, any) },
    scoring === undefined || scoring.filter === ""
      ? undefined
      : { name: i18n.t("Only rounds where"), value: expression(scoring.filter) },
    ...limitFacts(i18n, format, scoring, limits),
    order === undefined || !order.observeRanks
      ? undefined
      : {
          name: i18n.t("Places as events"),
          value: (
            <Trans
              id="Each kept board tells its first ten players their place, as an event {name}."
              values={{ name: <bdi>rank_observed</bdi> }}
            />
          ),
        },
    prizes?.pool === undefined
      ? undefined
      : {
          name: i18n.t("Prize pool"),
          value: poolName(
            i18n,
            `${format.units(prizes.pool.totalMinor, plan.poolExponent)} ${prizes.pool.currency}`,
            prizes.distribution,
          ),
        },
  ];
  return facts.filter((fact) => fact !== undefined);
}
