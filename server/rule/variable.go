package rule

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"google.golang.org/protobuf/types/known/structpb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
)

// variable is a name that expressions may use.
type variable struct {
	name string
	kind *cel.Type
	// maxSize bounds a text in bytes or a list in elements, for the estimate of costs; it follows event.proto.
	maxSize uint64
}

const maxPayloadBytes = 16384

// variables are all names of expressions; activation.ResolveName gives their values.
var variables = []variable{
	{"event.name", cel.StringType, 64},
	{"market", cel.StringType, 32},
	{"brand", cel.StringType, 64},
	{"game.id", cel.StringType, 128},
	{"game.provider", cel.StringType, 64},
	{"game.type", cel.StringType, 64},
	{"bet.amount", cel.DoubleType, 0},
	{"bet.amount_minor", cel.DoubleType, 0},
	{"bet.currency", cel.StringType, 16},
	{"win.amount", cel.DoubleType, 0},
	{"win.amount_minor", cel.DoubleType, 0},
	{"win.multiplier", cel.DoubleType, 0},
	{"win.currency", cel.StringType, 16},
	{"round.id", cel.StringType, 128},
	{"round.state", cel.StringType, 32},
	{"round.duration_ms", cel.DoubleType, 0},
	{"user.id", cel.StringType, 128},
	{"user.geo", cel.StringType, 8},
	{"user.platform", cel.StringType, 32},
	{"user.payer", cel.BoolType, 0},
	{"user.kyc_level", cel.DoubleType, 0},
	{"user.risk_flags", cel.ListType(cel.StringType), 32},
	{"device.platform", cel.StringType, 32},
	{"device.asn", cel.StringType, 64},
	{"device.asn_category", cel.StringType, 32},
	{"device.headless", cel.BoolType, 0},
	{payloadName, cel.MapType(cel.StringType, cel.DynType), 1024},
}

const payloadName = "payload"

// errMissing is what a field that the event does not carry resolves to. CEL's && and || may absorb it, so a filter can do without a field
// when its other side decides; activation.missing says which outcome it means when nothing absorbed it.
var errMissing = types.NewErrWithNodeID(-1, "a field is missing").(*types.Err)

// activation gives the values of an event to an expression without building maps.
type activation struct {
	event *laurelv1.Event
	known *catalog.Vocabulary
	// priced tells that amounts are those of worth, which are in one currency, and not as they were sent.
	priced   bool
	worth    worth
	currency string
	missing  Outcome // of the last field that was missing
}

var emptyPayload = &structpb.Struct{}

// Parent implements cel.Activation.
func (a *activation) Parent() cel.Activation { return nil }

func (a *activation) lacks(outcome Outcome) (any, bool) {
	a.missing = outcome
	return errMissing, true
}

// ResolveName implements cel.Activation. It returns CEL values, so that the interpreter need not convert them.
func (a *activation) ResolveName(name string) (any, bool) {
	e := a.event
	switch name {
	case "win.amount":
		return a.major(a.win(), winCurrency(e), MissingField)
	case "bet.amount":
		if a.bet() <= 0 {
			return a.lacks(NoStake)
		}
		return a.major(a.bet(), e.GetBet().GetCurrency(), NoStake)
	case "win.multiplier":
		multiplier, outcome := multiplierOf(e)
		if outcome != Counted {
			return a.lacks(outcome)
		}
		return types.Double(multiplier), true
	case "round.duration_ms":
		if e.GetRound() == nil || e.Round.DurationMs == nil {
			return a.lacks(Duration)
		}
		return types.Double(e.Round.GetDurationMs()), true
	case "win.amount_minor":
		return types.Double(a.win()), true
	case "bet.amount_minor":
		if e.GetBet() == nil {
			return a.lacks(NoStake)
		}
		return types.Double(a.bet()), true
	case payloadName:
		payload := e.GetPayload()
		if a.priced {
			payload = a.worth.payload
		}
		if payload == nil {
			return emptyPayload, true
		}
		return payload, true
	}
	if text, ok := textOf(e, name); ok {
		return types.String(text), true
	}
	return a.resolveUser(name)
}

func (a *activation) bet() int64 {
	if a.priced {
		return a.worth.bet
	}
	return a.event.GetBet().GetAmountMinor()
}

func (a *activation) win() int64 {
	if a.priced {
		return a.worth.win
	}
	return a.event.GetWin().GetAmountMinor()
}

func (a *activation) resolveUser(name string) (any, bool) {
	e := a.event
	switch name {
	case "user.payer":
		if e.GetUser() == nil || e.User.Payer == nil {
			return a.lacks(MissingField)
		}
		return types.Bool(e.User.GetPayer()), true
	case "user.kyc_level":
		if e.GetUser() == nil || e.User.KycLevel == nil {
			return a.lacks(MissingField)
		}
		return types.Double(e.User.GetKycLevel()), true
	case "user.risk_flags":
		return e.GetUser().GetRiskFlags(), true
	case "device.headless":
		return types.Bool(e.GetDevice().GetHeadless()), true
	default:
		return nil, false
	}
}

// textOf returns the value of a variable that is a text.
func textOf(e *laurelv1.Event, name string) (string, bool) {
	switch name {
	case "event.name":
		return e.GetName(), true
	case "market":
		return e.GetMarket(), true
	case "brand":
		return e.GetBrand(), true
	case "game.id":
		return e.GetGame().GetId(), true
	case "game.provider":
		return e.GetGame().GetProvider(), true
	case "game.type":
		return e.GetGame().GetType(), true
	case "bet.currency":
		return e.GetBet().GetCurrency(), true
	case "win.currency":
		return winCurrency(e), true
	case "round.id":
		return e.GetRound().GetId(), true
	case "round.state":
		return e.GetRound().GetState(), true
	case "user.id":
		return e.GetUser().GetId(), true
	case "user.geo":
		return e.GetUser().GetGeo(), true
	case "user.platform":
		return e.GetUser().GetPlatform(), true
	case "device.platform":
		return e.GetDevice().GetPlatform(), true
	case "device.asn":
		return e.GetDevice().GetAsn(), true
	case "device.asn_category":
		return e.GetDevice().GetAsnCategory(), true
	default:
		return "", false
	}
}

// powersOfTen go up to money.MaxExponent; all are exact.
var powersOfTen = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12}

// major returns an amount in major units of its currency. Both operands are exact doubles (|minor| ≤ 2^53), so the quotient is the double
// nearest to the true amount.
func (a *activation) major(minor int64, currency string, whenUnknown Outcome) (any, bool) {
	if minor == 0 {
		return types.Double(0), true
	}
	if a.priced {
		currency = a.currency
	}
	exponent, known := a.known.Currencies().Exponent(currency)
	if !known {
		return a.lacks(whenUnknown)
	}
	return types.Double(float64(minor) / powersOfTen[exponent]), true
}

// winCurrency is the currency of the win; one that is not set is the stake's.
func winCurrency(e *laurelv1.Event) string {
	if currency := e.GetWin().GetCurrency(); currency != "" {
		return currency
	}
	return e.GetBet().GetCurrency()
}

// mixedCurrency reports whether win and stake are in different currencies, so that neither their quotient nor their difference means anything.
func mixedCurrency(e *laurelv1.Event) bool {
	currency := e.GetWin().GetCurrency()
	return currency != "" && e.GetBet() != nil && currency != e.Bet.GetCurrency()
}
