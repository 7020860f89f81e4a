package event

import (
	"strconv"
	"time"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/money"
	"github.com/laurelhq/laurel/server/word"
)

// The bounds of event.proto. A property test compares them with what protovalidate reads from the contract.
const (
	maxIDBytes        = 128
	maxNameBytes      = 64
	maxVersionBytes   = 16
	maxMarketBytes    = 32
	maxBrandBytes     = 64
	maxGeoBytes       = 8
	maxPlatformBytes  = 32
	maxWordBytes      = 64
	maxStateBytes     = 32
	maxCategoryBytes  = 32
	maxPrintBytes     = 256
	maxIPBytes        = 45
	maxUserAgentBytes = 1024
	maxRiskFlags      = 32
	maxKYCLevel       = 9
	maxDurationMs     = 86_400_000
	maxMultiplier     = 1_000_000_000
	maxAmountMinor    = money.MaxMinor
)

// firstSecond is 2000-01-01, the oldest event there can be; lastSecond the last one a Timestamp can hold.
const (
	firstSecond = 946_684_800
	lastSecond  = 253_402_300_799
)

// Normalise is the one check that every event passes, whatever door it came through. It enforces the bounds of event.proto, the
// schema of the event's name, and event_ts between 2000 and now+futureLimit (a negative limit means none, for the event clock).
// It fills in what the contract declares as default: schema_version, win.currency, and device.asn_category when device.asn is a
// word; event_ts is cut to microseconds. What only Laurel sets is refused: ingest_ts, origin, and ids and names of emitted events.
// It returns nil when the event is fit for the journal; calling it again changes nothing. It must have e to itself.
func (r *Registry) Normalise(e *laurelv1.Event, now time.Time, futureLimit time.Duration) *Problem {
	if e == nil {
		return problemf("", "an event must not be empty")
	}
	if problem := checkEnvelope(e); problem != nil {
		return problem
	}
	if problem := checkTime(e, now, futureLimit); problem != nil {
		return problem
	}
	if problem := checkUser(e.User); problem != nil {
		return problem
	}
	if problem := checkGame(e.Game); problem != nil {
		return problem
	}
	if problem := normaliseAmounts(e.Bet, e.Win, e.Bet, r.currencies); problem != nil {
		return problem
	}
	if problem := checkRound(e.Round); problem != nil {
		return problem
	}
	if problem := normaliseDevice(e.Device); problem != nil {
		return problem
	}
	if problem := checkPayload(e.Payload); problem != nil {
		return problem
	}
	if problem := normaliseParticipants(e, r.currencies); problem != nil {
		return problem
	}
	return r.conform(e)
}

func checkEnvelope(e *laurelv1.Event) *Problem {
	if hasUnknown(e) {
		return unknownNumber("")
	}
	if e.IngestTs != nil {
		return setByLaurel("ingest_ts")
	}
	if e.Origin != nil {
		return setByLaurel("origin")
	}
	if e.Source != "" {
		return setByLaurel("source")
	}
	if problem := checkText("event_id", e.EventId, 1, maxIDBytes); problem != nil {
		return problem
	}
	if Reserved(e.EventId) {
		return problemf("event_id", "must not begin with %s, as the ids of events do that Laurel emits, but is %s", ReservedPrefix, word.Quote(e.EventId))
	}
	if problem := checkText("market", e.Market, 0, maxMarketBytes); problem != nil {
		return problem
	}
	if problem := checkText("brand", e.Brand, 0, maxBrandBytes); problem != nil {
		return problem
	}
	if problem := checkText("session_id", e.SessionId, 0, maxIDBytes); problem != nil {
		return problem
	}
	if problem := checkText("trace_id", e.TraceId, 0, maxIDBytes); problem != nil {
		return problem
	}
	return checkText("schema_version", e.SchemaVersion, 0, maxVersionBytes)
}

func checkTime(e *laurelv1.Event, now time.Time, futureLimit time.Duration) *Problem {
	ts := e.EventTs
	if ts == nil {
		return problemf("event_ts", "is required: when it happened, such as 2025-10-25T18:00:00Z")
	}
	if hasUnknown(ts) {
		return unknownNumber("event_ts")
	}
	if ts.Nanos < 0 || ts.Nanos > 999_999_999 || ts.Seconds > lastSecond {
		return problemf("event_ts", "must be a time before the year 10000, but has %d seconds and %d nanoseconds", ts.Seconds, ts.Nanos)
	}
	if ts.Seconds < firstSecond {
		return problemf("event_ts", "must not be before 2000-01-01T00:00:00Z")
	}
	if futureLimit >= 0 && micros(ts) > now.Add(futureLimit).UnixMicro() {
		return problemf("event_ts", "must not be more than %s ahead of the server's clock, which says %s, but is %s",
			futureLimit, now.UTC().Format(time.RFC3339), ts.AsTime().Format(time.RFC3339))
	}
	ts.Nanos -= ts.Nanos % 1000
	return nil
}

func checkUser(u *laurelv1.User) *Problem {
	if u == nil || u.Id == "" {
		return problemf("user.id", "is required (or user_id): the player's id, 1 to %d bytes", maxIDBytes)
	}
	if hasUnknown(u) {
		return unknownNumber("user")
	}
	if problem := checkText("user.id", u.Id, 1, maxIDBytes); problem != nil {
		return problem
	}
	if problem := checkText("user.geo", u.Geo, 0, maxGeoBytes); problem != nil {
		return problem
	}
	if problem := checkText("user.platform", u.Platform, 0, maxPlatformBytes); problem != nil {
		return problem
	}
	if u.KycLevel != nil && (*u.KycLevel < 0 || *u.KycLevel > maxKYCLevel) {
		return problemf("user.kyc_level", "must be 0 to %d, but is %d", maxKYCLevel, *u.KycLevel)
	}
	if len(u.RiskFlags) > maxRiskFlags {
		return problemf("user.risk_flags", "must hold at most %d flags, but has %d", maxRiskFlags, len(u.RiskFlags))
	}
	for i, flag := range u.RiskFlags {
		if problem := checkText("user.risk_flags", flag, 0, maxWordBytes); problem != nil {
			problem.Field += "[" + strconv.Itoa(i) + "]"
			return problem
		}
	}
	return nil
}

func checkGame(g *laurelv1.Game) *Problem {
	if g == nil {
		return nil
	}
	if hasUnknown(g) {
		return unknownNumber("game")
	}
	if problem := checkText("game.id", g.Id, 0, maxIDBytes); problem != nil {
		return problem
	}
	if problem := checkText("game.provider", g.Provider, 0, maxWordBytes); problem != nil {
		return problem
	}
	return checkText("game.type", g.Type, 0, maxWordBytes)
}

// normaliseAmounts checks bet and win; a win without currency takes that of the stake, if there is one.
func normaliseAmounts(b *laurelv1.Bet, w *laurelv1.Win, stake *laurelv1.Bet, currencies *money.Currencies) *Problem {
	if b != nil {
		if hasUnknown(b) {
			return unknownNumber("bet")
		}
		if problem := checkAmount("bet.amount_minor", b.AmountMinor); problem != nil {
			return problem
		}
		if problem := checkCurrency("bet.currency", b.Currency, currencies); problem != nil {
			return problem
		}
	}
	if w == nil {
		return nil
	}
	if hasUnknown(w) {
		return unknownNumber("win")
	}
	if problem := checkAmount("win.amount_minor", w.AmountMinor); problem != nil {
		return problem
	}
	if m := w.Multiplier; m != nil && !(*m >= 0 && *m <= maxMultiplier) {
		return problemf("win.multiplier", "must be a number from 0 to %d, but is %v", maxMultiplier, *m)
	}
	if w.Currency == "" {
		w.Currency = stake.GetCurrency()
	}
	if w.Currency == "" && w.AmountMinor == 0 {
		return nil
	}
	return checkCurrency("win.currency", w.Currency, currencies)
}

func checkAmount(field string, minor int64) *Problem {
	if minor < 0 || minor > maxAmountMinor {
		return problemf(field, "must be a whole number from 0 to %d, but is %d", maxAmountMinor, minor)
	}
	return nil
}

// currencyForm is what a currency must be, in words.
const currencyForm = "the ISO 4217 code of a currency such as EUR, or the id of a published Currency"

func checkCurrency(field, code string, currencies *money.Currencies) *Problem {
	if _, known := currencies.Exponent(code); !known {
		if code == "" {
			return problemf(field, "is required beside an amount: %s", currencyForm)
		}
		return problemf(field, "must be %s, but is %s", currencyForm, word.Quote(code))
	}
	return nil
}

func checkRound(r *laurelv1.Round) *Problem {
	if r == nil {
		return nil
	}
	if hasUnknown(r) {
		return unknownNumber("round")
	}
	if problem := checkText("round.id", r.Id, 0, maxIDBytes); problem != nil {
		return problem
	}
	if problem := checkText("round.state", r.State, 0, maxStateBytes); problem != nil {
		return problem
	}
	if d := r.DurationMs; d != nil && (*d < 0 || *d > maxDurationMs) {
		return problemf("round.duration_ms", "must be a whole number from 0 to %d, but is %d", maxDurationMs, *d)
	}
	return nil
}
