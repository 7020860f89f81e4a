package event

import (
	"time"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/money"
	"github.com/laurelhq/laurel/server/word"
)

// maxCurrencyBytes bounds a currency's code, which event.proto does by its pattern.
const maxCurrencyBytes = 16

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
	if problem := checkSender(e); problem != nil {
		return problem
	}
	if problem := checkFields(e, contract.bounded); problem != nil {
		return problem
	}
	if problem := checkTime(e, now, futureLimit); problem != nil {
		return problem
	}
	if problem := normaliseOwn(e, e.Bet, r.currencies); problem != nil {
		return problem
	}
	if problem := normaliseDevice(e.Device); problem != nil {
		return problem
	}
	if problem := normaliseParticipants(e, r.currencies); problem != nil {
		return problem
	}
	return r.conform(e)
}

// checkSender refuses what only Laurel sets.
func checkSender(e *laurelv1.Event) *Problem {
	if hasUnknown(e) {
		return unknownNumber("")
	}
	for _, f := range contract.unsent {
		if there(f.at(e)) {
			return setByLaurel(f.Path)
		}
	}
	if Reserved(e.EventId) {
		return problemf("event_id", "must not begin with %s, as the ids of events do that Laurel emits, but is %s", ReservedPrefix,
			word.Quote(e.EventId))
	}
	return nil
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

// normaliseOwn checks what is a player's own, of an event or of a participant, whose fields keep their bounds.
func normaliseOwn(e *laurelv1.Event, stake *laurelv1.Bet, currencies *money.Currencies) *Problem {
	if e.User == nil {
		return contract.byPath["user.id"].lacks()
	}
	if problem := normaliseAmounts(e.Bet, e.Win, stake, currencies); problem != nil {
		return problem
	}
	return checkPayload(e.Payload)
}

// normaliseAmounts checks bet and win; a win without currency takes that of the stake, if there is one.
func normaliseAmounts(b *laurelv1.Bet, w *laurelv1.Win, stake *laurelv1.Bet, currencies *money.Currencies) *Problem {
	if b != nil {
		if problem := checkCurrency("bet.currency", b.Currency, currencies); problem != nil {
			return problem
		}
	}
	if w == nil {
		return nil
	}
	if w.Currency == "" {
		w.Currency = stake.GetCurrency()
	}
	if w.Currency == "" && w.AmountMinor == 0 {
		return nil
	}
	return checkCurrency("win.currency", w.Currency, currencies)
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
