package rule

// Outcome says whether a round counts, or which clause refused it.
type Outcome uint8

// The outcomes, in the order in which the clauses are asked.
const (
	// Counted means that the round has points, perhaps 0.
	Counted Outcome = iota
	// EventName means that events of this name do not score.
	EventName
	// Unfinished means that the round has not ended.
	Unfinished
	// Market means that the event is of a market outside the scope.
	Market
	// Brand means that the event is of a brand outside the scope.
	Brand
	// Provider means that the game is of a provider outside the scope.
	Provider
	// MinBet means that the stake is below min_bet_minor, or missing.
	MinBet
	// Game means that the game is not eligible.
	Game
	// Duration means that the round was too short, or its duration is needed and missing.
	Duration
	// ASNCategory means that the player's network is of an excluded category.
	ASNCategory
	// MixedCurrency means that win and stake are in different currencies and the points depend on both.
	MixedCurrency
	// OtherCurrency means that an amount is in another currency than the contest's, and no rates are named.
	OtherCurrency
	// NoRate means that an amount is in another currency than the contest's and no rate of the event's day was published before it was folded.
	NoRate
	// Filter means that the filter's condition is not met.
	Filter
	// NoStake means that the points depend on a stake and there is none, or it is 0.
	NoStake
	// MissingField means that the filter or the formula needs a field that the event does not carry.
	MissingField
)

var outcomeNames = [...]string{
	Counted: "counted", EventName: "event_name", Unfinished: "unfinished", Market: "market", Brand: "brand", Provider: "provider",
	MinBet: "min_bet",
	Game:   "game", Duration: "duration", ASNCategory: "asn_category", MixedCurrency: "mixed_currency",
	OtherCurrency: "other_currency", NoRate: "no_rate", Filter: "filter", NoStake: "no_stake", MissingField: "missing_field",
}

// String returns the outcome in snake case, such as min_bet.
func (o Outcome) String() string {
	if int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return "unknown"
}
