import type { I18n } from "@lingui/core";
import { isolate } from "../ui/text.model.ts";
import { instantOfMicros } from "../ui/time.model.ts";
import type { Format } from "../ui/useFormat.ts";
import { distance, measureOf, type OrderValue } from "./order.model.ts";

/** What the words need to know beside the values. */
export interface OrderSides {
  readonly precision: number;
  readonly zone: string;
  readonly aboveUserId: string;
  readonly belowUserId: string;
}

/** One value of the order of one player, in the reader's language. */
export function orderValueText(
  format: Format,
  value: OrderValue,
  side: "above" | "below",
  sides: OrderSides,
): string {
  const amount = value[side];
  switch (measureOf(value.name)) {
    case "units":
      return format.units(amount, sides.precision);
    case "multiplier":
      return `${format.millionths(amount)}×`;
    case "duration":
      return format.microseconds(amount * 1_000n);
    case "instant":
      return format.instantThere(instantOfMicros(amount), sides.zone, true);
    case "text":
      return side === "above" ? sides.aboveUserId : sides.belowUserId;
    case "number":
      return format.count(amount);
  }
}

/** Why one stands above the other, as a sentence. */
export function orderSentence(
  i18n: I18n,
  format: Format,
  decided: OrderValue,
  names: { readonly above: string; readonly below: string },
  sides: OrderSides,
): string {
  const above = isolate(names.above);
  const below = isolate(names.below);
  const first = orderValueText(format, decided, "above", sides);
  const second = orderValueText(format, decided, "below", sides);
  switch (measureOf(decided.name)) {
    case "units":
      return i18n.t("{above} stands above {below} by {difference} points: {first} against {second}.", {
        above,
        below,
        difference: format.units(distance(decided), sides.precision),
        first,
        second,
      });
    case "multiplier":
      return i18n.t(
        "The scores are equal. {above} stands above {below} for the higher single multiplier: {first} against {second}.",
        { above, below, first, second },
      );
    case "duration":
      return i18n.t(
        "All before it is equal. {above} stands above {below} because the rounds that count took less time: {first} against {second}.",
        { above, below, first, second },
      );
    case "instant":
      return i18n.t(
        "All before it is equal. {above} stands above {below} for getting there {difference} earlier.",
        { above, below, difference: format.microseconds(distance(decided)) },
      );
    case "text":
      return i18n.t(
        "All else is equal. {above} stands above {below} because user id {first} sorts before {second}.",
        { above, below, first, second },
      );
    case "number":
      return i18n.t("{above} stands above {below}: {first} against {second}.", {
        above,
        below,
        first,
        second,
      });
  }
}
