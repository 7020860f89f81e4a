package event_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"
	"pgregory.net/rapid"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
)

const matchHead = `{"event_id":"m1","name":"match_result","ts":"2025-10-25T18:11:37Z","user_id":"host","bet":{"amount_minor":100,"currency":"EUR"},"participants":[`

func TestParticipantsAreReadLikeEvents(t *testing.T) {
	t.Parallel()
	short, problem := accept(t, matchHead+`
		{"user_id":"u1","win":{"amount_minor":150,"multiplier":1.5},"payload":{"result":"win"}},
		{"user_id":"u2","user":{"geo":"SE","payer_flag":true,"risk_flags":["vpn"]},"bet":{"amount_minor":7,"currency":"JPY"},"win":{"amount_minor":1},"payload":{"score":3}}]}`)
	require.Nil(t, problem, "%v", problem)
	long, problem := accept(t, matchHead+`
		{"payload":{"result":"win"},"win":{"multiplier":1.50,"amount_minor":150.0},"user":{"id":"u1"}},
		{"user":{"id":"u2","payer":true,"geo":"SE","kyc_level":null,"risk_flags":["vpn"]},"bet":{"currency":"JPY","amount_minor":7},"win":{"amount_minor":1},"payload":{"score":3}}]}`)
	require.Nil(t, problem, "%v", problem)
	require.True(t, proto.Equal(short, long))
	require.Equal(t, event.ContentHash(short), event.ContentHash(long))
	require.Equal(t, "EUR", short.Participants[0].Win.Currency, "the event's stake")
	require.Equal(t, "JPY", short.Participants[1].Win.Currency, "his own stake")
	for _, none := range []string{`null`, `[]`} {
		e := decodeOne(t, strings.Replace(matchHead, `"participants":[`, `"participants":`+none+`}`, 1))
		require.Empty(t, e.Participants)
	}
}

// TestEveryFieldOfAParticipantCanBeSent walks event.proto, so that a field added there is not forgotten here.
func TestEveryFieldOfAParticipantCanBeSent(t *testing.T) {
	t.Parallel()
	whole := &laurelv1.Event{}
	fill(t, whole.ProtoReflect())
	p := whole.Participants[0]
	fields := p.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		sent := `{}`
		if field.Message().FullName() != "google.protobuf.Struct" {
			sent = asJSON(p.ProtoReflect().Get(field).Message().Interface())
		}
		e := decodeOne(t, fmt.Sprintf(`{"participants":[{"%s":%s}]}`, field.Name(), sent))
		require.True(t, e.Participants[0].ProtoReflect().Has(field), field.FullName())
		if sent != `{}` {
			require.True(t, proto.Equal(p.ProtoReflect().Get(field).Message().Interface(), e.Participants[0].ProtoReflect().Get(field).Message().
				Interface()), field.FullName())
		}
	}
}

// asJSON writes a flat message as DecodeJSON reads it.
func asJSON(message proto.Message) string {
	var members []string
	message.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		text := value.String()
		if field.Kind() == protoreflect.StringKind {
			text = `"` + text + `"`
		}
		if field.IsList() {
			text = `["` + value.List().Get(0).String() + `"]`
		}
		members = append(members, fmt.Sprintf("%q:%s", field.Name(), text))
		return true
	})
	return "{" + strings.Join(members, ",") + "}"
}

func TestBadParticipantsNameTheirField(t *testing.T) {
	t.Parallel()
	good, fat := `{"user_id":"u1","payload":{"result":"win"}},`, strings.Repeat("x", 15<<10)
	crowd := func(count int, payload string) string {
		list := make([]string, count)
		for i := range list {
			list[i] = fmt.Sprintf(`{"user_id":"u%d","payload":%s}`, i, payload)
		}
		return strings.Join(list, ",") + `]}`
	}
	for name, row := range map[string]struct{ tail, field, says string }{
		"one alone":         {crowd(1, `{"result":"win"}`), "participants", "2 to 64, but there are 1"},
		"crowd":             {crowd(65, `{"result":"win"}`), "participants", "2 to 64"},
		"no list":           {`]`, "", "JSON"},
		"element no object": {good + `"u2"]}`, "participants[1]", "an object, but is text"},
		"element null":      {good + `null]}`, "participants[1]", "an object, but is null"},
		"no user":           {good + `{"payload":{"result":"loss"}}]}`, "participants[1].user.id", "required"},
		"same player": {good + `{"user":{"id":"u1"},"payload":{"result":"loss"}}]}`, "participants[1].user.id",
			"that of participants[0]"},
		"two users":           {good + `{"user_id":"u2","user":{"id":"u3"}}]}`, "participants[1].user.id", "differs from user_id"},
		"duplicate key":       {good + `{"user_id":"u2","user_id":"u2"}]}`, "participants[1].user_id", "twice"},
		"unknown field":       {good + `{"user_id":"u2","bet":{"amount_minr":1}}]}`, "participants[1].bet.amount_minr", "near: bet.amount_minor"},
		"near name":           {good + `{"usr_id":"u2"}]}`, "participants[1].usr_id", "near: user_id"},
		"bare id":             {good + `{"id":"u2"}]}`, "participants[1].id", "user.id"},
		"field of the event":  {good + `{"user_id":"u2","game":{"id":"g"}}]}`, "participants[1].game", "not a field of a participant"},
		"nested participants": {good + `{"user_id":"u2","participants":[]}]}`, "participants[1].participants", "not a field of a participant"},
		"its own origin":      {good + `{"user_id":"u2","origin":{}}]}`, "participants[1].origin", "not a field of a participant"},
		"NaN":                 {good + `{"user_id":"u2","bet":{"amount_minor":NaN}}]}`, "participants[1].bet.amount_minor", "digits"},
		"negative":            {good + `{"user_id":"u2","bet":{"amount_minor":-1,"currency":"EUR"}}]}`, "participants[1].bet.amount_minor", "-1"},
		"stake alone":         {good + `{"user_id":"u2","bet":{"amount_minor":1}}]}`, "participants[1].bet.currency", "required"},
		"2^53+1 in payload":   {good + `{"user_id":"u2","payload":{"x":9007199254740993}}]}`, "participants[1].payload.x", "exactly"},
		"deep payload": {good + `{"user_id":"u2","payload":` + strings.Repeat(`{"a":`, 20) + `1` + strings.Repeat(`}`, 20) + `}]}`, "",
			"16 levels"},
		"fat payload":  {good + `{"user_id":"u2","payload":{"x":"` + fat + fat + `"}}]}`, "participants[1].payload", "16384"},
		"fat together": {crowd(5, `{"result":"win","x":"`+fat+`"}`), "participants", "65536"},
		"schema": {good + `{"user_id":"u2"}]}`, "participants[1].payload.result",
			"participants with payload.result, or participants with payload.score"},
		"type": {good + `{"user_id":"u2","payload":{"score":"3"}}]}`, "participants[1].payload.score", "a number"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problem := accept(t, matchHead+row.tail)
			require.NotNil(t, problem)
			if row.field != "" {
				require.Equal(t, row.field, problem.Field, problem.Error())
			}
			require.Contains(t, problem.Error(), row.says)
			bounded(t, problem)
		})
	}
	_, problem := accept(t, strings.Replace(matchHead, `"participants":[`, `"participants":{}}`, 1))
	require.Equal(t, "participants must be a list of participants, but is an object", problem.Error())
	_, problem = accept(t, strings.Replace(matchHead, `"participants":[`, `"participant":[]}`, 1))
	require.Contains(t, problem.Error(), "near: participants")
}

func TestNormaliseRefusesParticipants(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		field  string
		change func(e *laurelv1.Event)
	}{
		"nobody":        {"participants[1].user.id", func(e *laurelv1.Event) { e.Participants[1] = nil }},
		"number":        {"participants[1]", func(e *laurelv1.Event) { e.Participants[1].ProtoReflect().SetUnknown(extra) }},
		"number of bet": {"participants[1].bet", func(e *laurelv1.Event) { e.Participants[1].Bet.ProtoReflect().SetUnknown(extra) }},
		"flag": {"participants[0].user.risk_flags[0]",
			func(e *laurelv1.Event) { e.Participants[0].User.RiskFlags = []string{long(65)} }},
		"no currency": {"participants[0].win.currency", func(e *laurelv1.Event) { e.Bet, e.Win = nil, nil }},
		"payload key": {"participants[0].payload key", func(e *laurelv1.Event) {
			e.Participants[0].Payload = &structpb.Struct{Fields: map[string]*structpb.Value{"": nil}}
		}},
		"fat in sum": {"participants[1].payload", func(e *laurelv1.Event) {
			e.Payload = &structpb.Struct{Fields: map[string]*structpb.Value{"a": structpb.NewStringValue(long(9 << 10))}}
			e.Participants[1].Payload = &structpb.Struct{Fields: map[string]*structpb.Value{"b": structpb.NewStringValue(long(9 << 10))}}
		}},
		"user is still required": {"user.id", func(e *laurelv1.Event) { e.User = nil }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := match()
			row.change(e)
			problem := registry(t).Normalise(e, now, futureLimit)
			require.NotNil(t, problem)
			require.Equal(t, row.field, problem.Field, problem.Error())
			bounded(t, problem)
		})
	}
	e := match()
	e.Payload = &structpb.Struct{Fields: map[string]*structpb.Value{"a": structpb.NewStringValue(long(9 << 10))}}
	e.Participants[1].Payload = &structpb.Struct{Fields: map[string]*structpb.Value{"a": structpb.NewStringValue(long(9 << 10))}}
	require.Nil(t, registry(t).Normalise(e, now, futureLimit), "his takes the place of the event's")
}

// TestPayloadsOfACrowdAreGivenUpEarly sends 4 MB of zeros as payloads that would each be read.
func TestPayloadsOfACrowdAreGivenUpEarly(t *testing.T) {
	t.Parallel()
	one := `{"user_id":"u","payload":{"zeros":[0` + strings.Repeat(",0", 30_000) + `]}}`
	_, problem := accept(t, matchHead+one+strings.Repeat(","+one, 63)+`]}`)
	require.Equal(t, "participants", problem.Field)
	require.Contains(t, problem.Message, "262144 bytes of JSON")
}

func TestDeliver(t *testing.T) {
	t.Parallel()
	e := match()
	e.Device, e.Participants[0].Payload = &laurelv1.Device{Fingerprint: "f"},
		&structpb.Struct{Fields: map[string]*structpb.Value{"seat": structpb.NewNumberValue(2)}}
	e.Payload = &structpb.Struct{Fields: map[string]*structpb.Value{"seat": structpb.NewNumberValue(1), "table": structpb.NewStringValue("t")}}
	require.Nil(t, registry(t).Normalise(e, now, futureLimit))
	e.Source = "provider"
	before := proto.CloneOf(e)

	first, second := event.Deliver(e, 0), event.Deliver(e, 1)
	require.Equal(t, map[string]any{"seat": 2.0, "table": "t"}, first.Payload.AsMap())
	require.Equal(t, map[string]any{"seat": 1.0, "table": "t"}, second.Payload.AsMap())
	require.Equal(t, int64(100), first.Bet.AmountMinor, "the event's")
	require.Equal(t, "JPY", second.Bet.Currency, "his own")
	require.Equal(t, int64(500), first.Win.AmountMinor)
	require.Equal(t, "f", first.Device.GetFingerprint(), "u1 is the event's player")
	require.Nil(t, second.Device)
	require.Equal(t, event.EmittedID(e, "", "u2"), second.EventId)
	require.True(t, proto.Equal(&laurelv1.Origin{EventId: "e1", Source: "provider", Depth: 1}, second.Origin))
	require.Equal(t, event.SourceLaurel, second.Source)
	require.Equal(t, int32(2), event.Deliver(&laurelv1.Event{Origin: first.Origin, Participants: e.Participants}, 0).Origin.Depth)

	for _, own := range []*laurelv1.Event{first, second} {
		own.User.Payer, own.User.KycLevel, own.User.RiskFlags = proto.Bool(true), proto.Int32(3), append(own.User.RiskFlags, "x")
	}
	require.True(t, proto.Equal(before, e), "what the fold fills in stays out of the event")
}

// TestDeliverKeepsWhatIsNotTheirs fills every field of the contract, so that one added there is not lost on the way to the players.
func TestDeliverKeepsWhatIsNotTheirs(t *testing.T) {
	t.Parallel()
	e := &laurelv1.Event{}
	fill(t, e.ProtoReflect())
	own := event.Deliver(e, 0)
	require.True(t, proto.Equal(e.Participants[0].User, own.User))
	require.Equal(t, map[string]any{"laurel.v1.Event.payload": 1.0, "laurel.v1.Participant.payload": 1.0,
		"both": "laurel.v1.Participant.payload"}, own.Payload.AsMap())
	require.Nil(t, own.IngestTs)
	require.Empty(t, own.Participants)
	changed := []protoreflect.Name{"event_id", "user", "payload", "participants", "origin", "source", "ingest_ts", "device"}
	fields := e.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		if field := fields.Get(i); !slices.Contains(changed, field.Name()) {
			require.True(t, e.ProtoReflect().Get(field).Equal(own.ProtoReflect().Get(field)), field.FullName())
		}
	}
}

// TestDeliveredEventsAreSound draws events that name several players: each gets one of his own that keeps the contract, is the same each
// time, and comes back from the journal as it was.
func TestDeliveredEventsAreSound(t *testing.T) {
	t.Parallel()
	r := registry(t)
	one := rapid.Custom(func(t *rapid.T) *laurelv1.Participant {
		p := &laurelv1.Participant{User: &laurelv1.User{Id: rapid.StringMatching(`[a-d]{1,2}|u1`).Draw(t, "user"),
			Payer: optional(t, "payer", rapid.Bool())}}
		if rapid.Bool().Draw(t, "bet") {
			p.Bet = &laurelv1.Bet{AmountMinor: rapid.Int64Range(0, 1<<53).Draw(t, "stake"), Currency: rapid.SampledFrom([]string{"EUR", "JPY"}).
				Draw(t, "currency")}
		}
		if rapid.Bool().Draw(t, "win") {
			p.Win = &laurelv1.Win{AmountMinor: rapid.Int64Range(0, 1<<53).Draw(t, "outcome"),
				Multiplier: optional(t, "multiplier", rapid.Float64Range(0, 1e9))}
		}
		if rapid.Bool().Draw(t, "payload") {
			p.Payload = number(rapid.Float64Range(-1<<53, 1<<53).Draw(t, "x"))
		}
		return p
	})
	rapid.Check(t, func(t *rapid.T) {
		e := round()
		e.Device, e.Payload = &laurelv1.Device{Platform: "mobile"}, number(1)
		e.Participants = rapid.SliceOfNDistinct(one, 2, 6, func(p *laurelv1.Participant) string { return p.User.Id }).Draw(t, "participants")
		require.Nil(t, r.Normalise(e, now, futureLimit))
		ids := map[string]bool{e.EventId: true}
		for i := range e.Participants {
			own := event.Deliver(e, i)
			require.False(t, ids[own.EventId])
			ids[own.EventId] = true
			require.True(t, proto.Equal(own, event.Deliver(e, i)))
			body, _ := event.Content(nil, own)
			back, err := event.Decode(body)
			require.NoError(t, err)
			require.True(t, proto.Equal(own, back))
			own.EventId, own.Source, own.Origin = "e2", "", nil
			require.Nil(t, r.Normalise(own, now, futureLimit), "a sender could have sent it")
		}
	})
}

// TestWhatLacksOfAMatchIsNamed has the field that lacks of the choice that the event has most of, there where a sender would put it.
func TestWhatLacksOfAMatchIsNamed(t *testing.T) {
	t.Parallel()
	players := `"participants":[{"user_id":"u1"},{"user_id":"u2"}]`
	for body, field := range map[string]string{
		`"name":"match_result",` + players:                                        "participants[0].payload.result",
		`"name":"match_result","payload":{"result":"win","score":"3"},` + players: "payload.score",
		`"name":"match_result","payload":{"score":3}`:                             "payload.opponent_id",
		`"name":"match_result","payload":{"opponent_id":"u2"}`:                    "payload.result",
		`"name":"match_result","payload":{"opponent_id":"u2","score":3}`:          "payload.opponent_score",
		`"name":"match_result","payload":{"result":"win"}`:                        "payload.opponent_id",
		`"name":"session_start",` + players:                                       "session_id",
		`"name":"purchase",` + players:                                            "participants[0].payload.amount",
		`"name":"purchase","payload":{"amount":"1"},"participants":[{"user_id":"u1","payload":{"amount":1}},{"user_id":"u2"}]`: "payload.amount",
	} {
		_, problem := accept(t, `{"event_id":"m1","ts":"2025-10-25T18:11:37Z","user_id":"host",`+body+`}`)
		require.NotNil(t, problem, body)
		require.Equal(t, field, problem.Field, "%s: %s", body, problem)
	}
}
