package event_test

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"buf.build/go/protovalidate"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/money"
)

// sizes draws text around the bound given in the contract: most of it fits, some is one byte too long.
func sizes(bound int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		length := rapid.SampledFrom([]int{0, 0, 1, bound / 2, bound - 1, bound, bound, bound + 1}).Draw(t, "length")
		if length >= 4 && rapid.Bool().Draw(t, "wide") {
			return strings.Repeat("桂", length/3) + strings.Repeat("x", length%3)
		}
		return strings.Repeat("x", length)
	})
}

func amounts() *rapid.Generator[int64] {
	return rapid.OneOf(rapid.SampledFrom([]int64{0, 1, -1, 1 << 53, 1<<53 + 1, math.MaxInt64, math.MinInt64}), rapid.Int64Range(0, 1<<53))
}

func optional[T any](t *rapid.T, label string, values *rapid.Generator[T]) *T {
	if rapid.Bool().Draw(t, label+" set") {
		return nil
	}
	value := values.Draw(t, label)
	return &value
}

// published are the codes of drawEvent that are none of ISO 4217: the contract knows no currencies and takes any code.
var published = (*money.Currencies)(nil).With("EURO", 2).With("E1R", 0)

// drawEvent draws an event of which any bound of the contract may be broken, most often none.
func drawEvent(t *rapid.T) *laurelv1.Event {
	currency := rapid.SampledFrom([]string{"EUR", "JPY", "KWD", "EUR", "", "eur", "EURO", "E1R"})
	e := &laurelv1.Event{
		EventId: rapid.OneOf(rapid.Just("e1"), sizes(128)).Draw(t, "event_id"),
		Name:    "round_end", SchemaVersion: rapid.SampledFrom([]string{"", "1", "1.0.0", "1.00000000000000", "1.000000000000000"}).
				Draw(t, "version"),
		EventTs: timestamppb.New(now), Market: sizes(32).Draw(t, "market"), Brand: sizes(64).Draw(t, "brand"),
		SessionId: sizes(128).Draw(t, "session"), TraceId: sizes(128).Draw(t, "trace"),
		Game: &laurelv1.Game{Id: "g" + sizes(127).Draw(t, "game"), Provider: sizes(64).Draw(t, "provider"), Type: sizes(64).Draw(t, "type")},
	}
	if rapid.IntRange(0, 9).Draw(t, "no time") == 0 {
		e.EventTs = nil
	}
	if rapid.IntRange(0, 9).Draw(t, "user") > 0 {
		e.User = &laurelv1.User{
			Id: rapid.OneOf(rapid.Just("u1"), sizes(128)).Draw(t, "user id"), Geo: sizes(8).Draw(t, "geo"), Platform: sizes(32).
				Draw(t, "user platform"),
			Payer:    optional(t, "payer", rapid.Bool()),
			KycLevel: optional(t, "kyc", rapid.SampledFrom([]int32{0, 9, 10, -1, 3})), RiskFlags: rapid.SliceOfN(sizes(64), 0, 2).Draw(t, "flags"),
		}
		if rapid.IntRange(0, 19).Draw(t, "many flags") == 0 {
			e.User.RiskFlags = make([]string, rapid.IntRange(31, 34).Draw(t, "flags"))
		}
	}
	if rapid.Bool().Draw(t, "bet") {
		e.Bet = &laurelv1.Bet{AmountMinor: amounts().Draw(t, "stake"), Currency: currency.Draw(t, "bet currency")}
	}
	if rapid.Bool().Draw(t, "win") {
		multipliers := rapid.OneOf(rapid.SampledFrom([]float64{0, 1e9, 1e9 + 1, -1, math.NaN(), math.Inf(1)}), rapid.Float64Range(0, 1e9))
		e.Win = &laurelv1.Win{AmountMinor: amounts().Draw(t, "outcome"), Currency: currency.Draw(t, "win currency"),
			Multiplier: optional(t, "multiplier", multipliers)}
	}
	if rapid.Bool().Draw(t, "round") {
		e.Round = &laurelv1.Round{
			Id: sizes(128).Draw(t, "round id"), State: sizes(32).Draw(t, "state"),
			DurationMs: optional(t, "duration", rapid.SampledFrom([]int64{0, 86_400_000, 86_400_001, -1})),
		}
	}
	if rapid.Bool().Draw(t, "device") {
		e.Device = &laurelv1.Device{
			Platform: sizes(32).Draw(t, "platform"), Asn: rapid.SampledFrom([]string{"", "AS3320", "mno"}).Draw(t, "asn"), AsnCategory: sizes(32).
					Draw(t, "category"),
			Fingerprint: sizes(256).Draw(t, "fingerprint"), Ip: rapid.SampledFrom([]string{"", "203.0.113.24", "::1"}).Draw(t, "ip"),
			UserAgent: sizes(1024).Draw(t, "agent"),
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "several") == 0 {
		e.Participants = rapid.SliceOfN(rapid.Custom(drawParticipant), 0, 3).Draw(t, "participants")
	}
	if rapid.IntRange(0, 19).Draw(t, "crowd") == 0 {
		for i := range rapid.IntRange(63, 66).Draw(t, "participants") {
			e.Participants = append(e.Participants, &laurelv1.Participant{User: &laurelv1.User{Id: strconv.Itoa(i)}})
		}
	}
	if rapid.IntRange(0, 19).Draw(t, "origin") == 0 {
		e.Origin = &laurelv1.Origin{Depth: rapid.Int32Range(-1, 9).Draw(t, "depth")}
	}
	return e
}

// drawParticipant draws a player of an event that names several.
func drawParticipant(t *rapid.T) *laurelv1.Participant {
	p := &laurelv1.Participant{}
	if rapid.IntRange(0, 9).Draw(t, "user") > 0 {
		p.User = &laurelv1.User{Id: rapid.SampledFrom([]string{"", "u1", "u2", "u3", "u4", strings.Repeat("x", 129)}).Draw(t, "user id"),
			Geo: sizes(8).Draw(t, "geo")}
	}
	currency := rapid.SampledFrom([]string{"EUR", "JPY", "", "eur"})
	if rapid.Bool().Draw(t, "bet") {
		p.Bet = &laurelv1.Bet{AmountMinor: amounts().Draw(t, "stake"), Currency: currency.Draw(t, "bet currency")}
	}
	if rapid.Bool().Draw(t, "win") {
		p.Win = &laurelv1.Win{AmountMinor: amounts().Draw(t, "outcome"), Currency: currency.Draw(t, "win currency")}
	}
	return p
}

// inner is the place in a list within a field.
var inner = regexp.MustCompile(`(flags)\[[0-9]+\]`)

// beyond reports whether a problem is one that the contract's rules can't express: an amount won in no currency, ids and fields that only
// Laurel may set, and participants that are one or the same.
func beyond(before *laurelv1.Event, problem *event.Problem) bool {
	switch {
	case problem.Field == "origin":
		return before.Origin != nil
	case problem.Field == "event_id":
		return event.Reserved(before.EventId)
	case problem.Field == "participants":
		return len(before.Participants) == 1
	case strings.Contains(problem.Message, "once"):
		return strings.HasPrefix(problem.Field, "participants[")
	}
	owner := 0
	win, stakes := before.Win, []*laurelv1.Bet{before.Bet}
	if strings.HasPrefix(problem.Field, "participants[") {
		_, err := fmt.Sscanf(problem.Field, "participants[%d]", &owner)
		p := before.Participants[owner]
		win, stakes = p.Win, append(stakes, p.Bet)
		if err != nil {
			return false
		}
	}
	alone := win.GetCurrency() == "" && win.GetAmountMinor() > 0 &&
		!slices.ContainsFunc(stakes, func(b *laurelv1.Bet) bool { return b != nil })
	return strings.HasSuffix(problem.Field, "win.currency") && alone
}

// TestNormaliseAgreesWithTheContract compares the hand-written bounds with what protovalidate reads from event.proto: it refuses what
// the contract refuses, and little beyond it.
func TestNormaliseAgreesWithTheContract(t *testing.T) {
	t.Parallel()
	r := registry(t).In(published)
	contract, err := protovalidate.New(protovalidate.WithMessages(&laurelv1.Event{}))
	require.NoError(t, err)
	refused := 0
	rapid.Check(t, func(t *rapid.T) {
		e := drawEvent(t)
		declared := contract.Validate(e)
		before := proto.CloneOf(e)
		problem := r.Normalise(e, now, -1)
		switch {
		case declared != nil:
			refused++
			require.NotNil(t, problem, "contract: %v", declared)
			if !beyond(before, problem) {
				require.Contains(t, declared.Error(), strings.TrimSuffix(inner.ReplaceAllString(problem.Field, ""), ".id"), "%v", problem)
			}
		case problem != nil:
			require.True(t, beyond(before, problem), "%v", problem)
		default:
			require.NoError(t, contract.Validate(e), "what is normalised is still valid")
			again := proto.CloneOf(e)
			require.Nil(t, r.Normalise(again, now, time.Minute))
			require.Equal(t, event.ContentHash(e), event.ContentHash(again))
		}
	})
	require.Positive(t, refused)
}

// TestSmallEventsAgreeWithTheContract draws events that mostly keep the bounds, so that acceptance is compared as well.
func TestSmallEventsAgreeWithTheContract(t *testing.T) {
	t.Parallel()
	r := registry(t).In(published)
	contract, err := protovalidate.New(protovalidate.WithMessages(&laurelv1.Event{}))
	require.NoError(t, err)
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		e := round()
		whole := drawEvent(t).ProtoReflect()
		fields := whole.Descriptor().Fields()
		field := fields.Get(rapid.IntRange(0, fields.Len()-1).Draw(t, "field"))
		if whole.Has(field) {
			e.ProtoReflect().Set(field, whole.Get(field))
		} else {
			e.ProtoReflect().Clear(field)
		}
		declared, before := contract.Validate(e), proto.CloneOf(e)
		problem := r.Normalise(e, now, -1)
		if field.Name() == "name" || declared == nil && problem != nil && beyond(before, problem) {
			return
		}
		require.Equal(t, declared == nil, problem == nil, "contract: %v, normalise: %v", declared, problem)
		if problem == nil {
			accepted++
		}
	})
	require.Positive(t, accepted)
}
