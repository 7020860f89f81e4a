import { create } from "@bufbuild/protobuf";
import { ContestPlanSchema, PointsCurrency } from "@laurel/client/gen/laurel/v1/contest_pb.js";
import { setupI18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { MantineProvider } from "@mantine/core";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { messages as en } from "../locales/en.ts";
import { messages as fa } from "../locales/fa.ts";
import { messages as zh } from "../locales/zh.ts";
import { formatIn } from "../ui/useFormat.ts";
import { planFacts } from "./planFacts.tsx";

/** What a contest does, fact by fact, where it tells players their places or doesn't. */
function factsIn(locale: "en" | "fa" | "zh", observeRanks: boolean) {
  const plan = create(ContestPlanSchema, { definition: { leaderboard: { type: "sum", observeRanks } } });
  return planFacts(setupI18n({ locale, messages: { en, fa, zh } }), formatIn(locale), plan);
}

describe("planFacts", () => {
  it.each([
    ["en", "Places as events", "first ten players"],
    ["zh", "名次事件", "前十名"],
    ["fa", "رتبه‌ها به‌صورت رویداد", "ده بازیکن نخست"],
  ] as const)("says in %s that players are told their places", (locale, name, part) => {
    const fact = factsIn(locale, true).find((each) => each.name === name);
    const i18n = setupI18n({ locale, messages: { en, fa, zh } });
    const shown = renderToStaticMarkup(createElement(I18nProvider, { i18n }, fact?.value));
    expect(shown).toContain(part);
    expect(shown).toContain("<bdi>rank_observed</bdi>");
  });
  it("says nothing of it where they aren't", () => {
    const names = factsIn("en", false).map(({ name }) => name);
    expect(names).toContain("Scoring");
    expect(names).not.toContain("Places as events");
  });
  it.each([
    [PointsCurrency.NO_AMOUNT, "None: points are no amount of money"],
    [PointsCurrency.NAMED, "<bdi>EUR</bdi>; events in others do not count"],
    [PointsCurrency.CONVERTED, "in <bdi>daily_eur</bdi>, and not at all on a day without one"],
    [PointsCurrency.CANCELS_OUT, "Any: amounts are divided by amounts"],
    [PointsCurrency.ONE_BY_FILTER, "The one currency that the filter lets pass"],
    [PointsCurrency.UNNAMED, "in JPY as in EUR. Name scoring.currency"],
  ])("says what currency means for points (%s)", (pointsCurrency, part) => {
    const definition = { scoring: { currency: "EUR", rates: "daily_eur" } };
    const plan = create(ContestPlanSchema, { definition, pointsCurrency });
    const i18n = setupI18n({ locale: "en", messages: { en } });
    const fact = planFacts(i18n, formatIn("en"), plan).find(({ name }) => name === "Currency of points");
    const value = createElement(MantineProvider, null, createElement(I18nProvider, { i18n }, fact?.value));
    expect(renderToStaticMarkup(value)).toContain(part);
  });
  it("says nothing of currency where the server doesn't", () => {
    const plan = create(ContestPlanSchema, { definition: {} });
    const facts = planFacts(setupI18n({ locale: "en", messages: { en } }), formatIn("en"), plan);
    expect(facts.map(({ name }) => name)).not.toContain("Currency of points");
  });
  it("has nothing to say without a definition", () => {
    expect(
      planFacts(setupI18n({ locale: "en", messages: { en } }), formatIn("en"), create(ContestPlanSchema)),
    ).toEqual([]);
  });
});
