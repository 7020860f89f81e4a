package event_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/money"
)

func TestNormaliseFillsInDefaults(t *testing.T) {
	t.Parallel()
	r := registry(t)
	e := round()
	e.EventTs = timestamppb.New(time.Date(2025, 10, 25, 18, 0, 0, 123_456_789, time.UTC))
	e.Device = &laurelv1.Device{Asn: "MNO"}
	require.Nil(t, r.Normalise(e, now, futureLimit))
	require.Equal(t, "EUR", e.Win.Currency)
	require.Equal(t, "1.0.0", e.SchemaVersion)
	require.Equal(t, "mno", e.Device.AsnCategory)
	require.Equal(t, "MNO", e.Device.Asn)
	require.Equal(t, int32(123_456_000), e.EventTs.Nanos)
	again := proto.CloneOf(e)
	require.Nil(t, r.Normalise(again, now, futureLimit))
	require.True(t, proto.Equal(e, again))

	for asn, category := range map[string]string{"AS3320": "", "as3320": "", "3320": "", "hosting": "hosting", "AS": "as", "ASx": "asx"} {
		e := round()
		e.Device = &laurelv1.Device{Asn: asn}
		require.Nil(t, r.Normalise(e, now, futureLimit))
		require.Equal(t, category, e.Device.AsnCategory, asn)
	}
	e = round()
	e.Device = &laurelv1.Device{Asn: "Proxy", AsnCategory: "isp"}
	require.Nil(t, r.Normalise(e, now, futureLimit))
	require.Equal(t, "isp", e.Device.AsnCategory, "what the sender says stands")
}

func number(x float64) *structpb.Struct {
	return &structpb.Struct{Fields: map[string]*structpb.Value{"x": structpb.NewNumberValue(x)}}
}

func long(n int) string { return strings.Repeat("x", n) }

// extra is a field number the contract does not have.
var extra = protowire.AppendVarint(protowire.AppendTag(nil, 999, protowire.VarintType), 1)

var brokenBounds = map[string]struct {
	field  string
	change func(e *laurelv1.Event)
}{
	"event_id size":    {"event_id", func(e *laurelv1.Event) { e.EventId = long(129) }},
	"event_id UTF-8":   {"event_id", func(e *laurelv1.Event) { e.EventId = "\xff" }},
	"event_id newline": {"event_id", func(e *laurelv1.Event) { e.EventId = "a\nb" }},
	"event_id blank":   {"event_id", func(e *laurelv1.Event) { e.EventId = " a" }},
	"name":             {"name", func(e *laurelv1.Event) { e.Name = long(65) }},
	"version":          {"schema_version", func(e *laurelv1.Event) { e.SchemaVersion = long(17) }},
	"version dots":     {"schema_version", func(e *laurelv1.Event) { e.SchemaVersion = "1..0" }},
	"version tail":     {"schema_version", func(e *laurelv1.Event) { e.SchemaVersion = "1." }},
	"version four":     {"schema_version", func(e *laurelv1.Event) { e.SchemaVersion = "1.0.0.0" }},
	"nanos":            {"event_ts", func(e *laurelv1.Event) { e.EventTs.Nanos = -1 }},
	"nanos high":       {"event_ts", func(e *laurelv1.Event) { e.EventTs.Nanos = 1_000_000_000 }},
	"seconds":          {"event_ts", func(e *laurelv1.Event) { e.EventTs.Seconds = math.MaxInt64 }},
	"seconds low":      {"event_ts", func(e *laurelv1.Event) { e.EventTs.Seconds = math.MinInt64 }},
	"ingest_ts":        {"ingest_ts", func(e *laurelv1.Event) { e.IngestTs = timestamppb.New(now) }},
	"source":           {"source", func(e *laurelv1.Event) { e.Source = "main" }},
	"origin":           {"origin", func(e *laurelv1.Event) { e.Origin = &laurelv1.Origin{} }},
	"reserved id":      {"event_id", func(e *laurelv1.Event) { e.EventId = event.EmittedID(&laurelv1.Event{EventId: "e"}, "", "u") }},
	"reserved prefix":  {"event_id", func(e *laurelv1.Event) { e.EventId = "laurel:" }},
	"internal name":    {"name", func(e *laurelv1.Event) { e.Name = "rank_observed" }},
	"user":             {"user.id", func(e *laurelv1.Event) { e.User = nil }},
	"user id":          {"user.id", func(e *laurelv1.Event) { e.User.Id = long(129) }},
	"geo":              {"user.geo", func(e *laurelv1.Event) { e.User.Geo = long(9) }},
	"user platform":    {"user.platform", func(e *laurelv1.Event) { e.User.Platform = long(33) }},
	"kyc":              {"user.kyc_level", func(e *laurelv1.Event) { e.User.KycLevel = proto.Int32(-1) }},
	"flags":            {"user.risk_flags", func(e *laurelv1.Event) { e.User.RiskFlags = make([]string, 33) }},
	"flag":             {"user.risk_flags[1]", func(e *laurelv1.Event) { e.User.RiskFlags = []string{"a", long(65)} }},
	"market":           {"market", func(e *laurelv1.Event) { e.Market = long(33) }},
	"brand":            {"brand", func(e *laurelv1.Event) { e.Brand = long(65) }},
	"game id":          {"game.id", func(e *laurelv1.Event) { e.Game.Id = long(129) }},
	"provider":         {"game.provider", func(e *laurelv1.Event) { e.Game.Provider = long(65) }},
	"game type":        {"game.type", func(e *laurelv1.Event) { e.Game.Type = long(65) }},
	"bet amount":       {"bet.amount_minor", func(e *laurelv1.Event) { e.Bet.AmountMinor = 1<<53 + 1 }},
	"bet currency":     {"bet.currency", func(e *laurelv1.Event) { e.Bet.Currency = "eur" }},
	"no currency":      {"bet.currency", func(e *laurelv1.Event) { e.Bet.Currency = "" }},
	"win amount":       {"win.amount_minor", func(e *laurelv1.Event) { e.Win.AmountMinor = -1 }},
	"win currency":     {"win.currency", func(e *laurelv1.Event) { e.Win.Currency = "QQQ" }},
	"multiplier NaN":   {"win.multiplier", func(e *laurelv1.Event) { e.Win.Multiplier = proto.Float64(math.NaN()) }},
	"multiplier Inf":   {"win.multiplier", func(e *laurelv1.Event) { e.Win.Multiplier = proto.Float64(math.Inf(1)) }},
	"multiplier":       {"win.multiplier", func(e *laurelv1.Event) { e.Win.Multiplier = proto.Float64(-0.1) }},
	"round id":         {"round.id", func(e *laurelv1.Event) { e.Round = &laurelv1.Round{Id: long(129)} }},
	"state":            {"round.state", func(e *laurelv1.Event) { e.Round = &laurelv1.Round{State: long(33)} }},
	"duration":         {"round.duration_ms", func(e *laurelv1.Event) { e.Round = &laurelv1.Round{DurationMs: proto.Int64(-1)} }},
	"platform":         {"device.platform", func(e *laurelv1.Event) { e.Device = &laurelv1.Device{Platform: long(33)} }},
	"asn":              {"device.asn", func(e *laurelv1.Event) { e.Device = &laurelv1.Device{Asn: long(65)} }},
	"asn word":         {"device.asn", func(e *laurelv1.Event) { e.Device = &laurelv1.Device{Asn: long(33)} }},
	"asn category":     {"device.asn_category", func(e *laurelv1.Event) { e.Device = &laurelv1.Device{AsnCategory: long(33)} }},
	"fingerprint":      {"device.fingerprint", func(e *laurelv1.Event) { e.Device = &laurelv1.Device{Fingerprint: long(257)} }},
	"ip":               {"device.ip", func(e *laurelv1.Event) { e.Device = &laurelv1.Device{Ip: "fe80::1%eth0"} }},
	"ip size":          {"device.ip", func(e *laurelv1.Event) { e.Device = &laurelv1.Device{Ip: long(46)} }},
	"user agent":       {"device.user_agent", func(e *laurelv1.Event) { e.Device = &laurelv1.Device{UserAgent: long(1025)} }},
	"session":          {"session_id", func(e *laurelv1.Event) { e.SessionId = long(129) }},
	"trace":            {"trace_id", func(e *laurelv1.Event) { e.TraceId = long(129) }},
	"payload NaN":      {"payload.x", func(e *laurelv1.Event) { e.Payload = number(math.NaN()) }},
	"payload Inf":      {"payload.x", func(e *laurelv1.Event) { e.Payload = number(math.Inf(-1)) }},
	"payload 2^63":     {"payload.x", func(e *laurelv1.Event) { e.Payload = number(1 << 63) }},
	"payload text": {"payload.x", func(e *laurelv1.Event) {
		e.Payload = number(0)
		e.Payload.Fields["x"] = structpb.NewStringValue("\xff")
	}},
	"payload none": {"payload.x", func(e *laurelv1.Event) { e.Payload = number(0); e.Payload.Fields["x"] = &structpb.Value{} }},
	"payload nil":  {"payload.x", func(e *laurelv1.Event) { e.Payload = number(0); e.Payload.Fields["x"] = nil }},
	"payload key": {"payload key", func(e *laurelv1.Event) {
		e.Payload = number(0)
		e.Payload.Fields[long(129)] = structpb.NewBoolValue(true)
	}},
	"number of event":    {"", func(e *laurelv1.Event) { e.ProtoReflect().SetUnknown(extra) }},
	"number of user":     {"user", func(e *laurelv1.Event) { e.User.ProtoReflect().SetUnknown(extra) }},
	"number of game":     {"game", func(e *laurelv1.Event) { e.Game.ProtoReflect().SetUnknown(extra) }},
	"number of bet":      {"bet", func(e *laurelv1.Event) { e.Bet.ProtoReflect().SetUnknown(extra) }},
	"number of win":      {"win", func(e *laurelv1.Event) { e.Win.ProtoReflect().SetUnknown(extra) }},
	"number of event_ts": {"event_ts", func(e *laurelv1.Event) { e.EventTs.ProtoReflect().SetUnknown(extra) }},
	"number of payload":  {"payload", func(e *laurelv1.Event) { e.Payload = number(0); e.Payload.ProtoReflect().SetUnknown(extra) }},
}

func TestNormaliseRefuses(t *testing.T) {
	t.Parallel()
	for name, row := range brokenBounds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := round()
			row.change(e)
			problem := registry(t).Normalise(e, now, futureLimit)
			require.NotNil(t, problem)
			require.Equal(t, row.field, problem.Field, problem.Error())
			bounded(t, problem)
		})
	}
	require.NotNil(t, registry(t).Normalise(nil, now, futureLimit))
}

func TestFutureLimit(t *testing.T) {
	t.Parallel()
	r := registry(t)
	e := round()
	e.EventTs = timestamppb.New(now.Add(futureLimit))
	require.Nil(t, r.Normalise(e, now, futureLimit), "the limit itself is allowed")
	e.EventTs = timestamppb.New(now.Add(futureLimit + time.Microsecond))
	require.NotNil(t, r.Normalise(e, now, futureLimit))
	e.EventTs = timestamppb.New(now.AddDate(100, 0, 0))
	require.NotNil(t, r.Normalise(e, now, futureLimit))
	require.Nil(t, r.Normalise(e, now, -1), "the event clock has no limit")
}

func TestPersianAndChineseTextIsFine(t *testing.T) {
	t.Parallel()
	e := round()
	e.User.Id = "می\u200cخواهم"
	e.Brand = "桂冠"
	require.Nil(t, registry(t).Normalise(e, now, futureLimit))
}

func TestContentHash(t *testing.T) {
	t.Parallel()
	r := registry(t)
	e := round()
	e.Payload = &structpb.Struct{Fields: map[string]*structpb.Value{}}
	for _, key := range strings.Split("abcdefghij", "") {
		e.Payload.Fields[key] = structpb.NewStringValue(key)
	}
	require.Nil(t, r.Normalise(e, now, futureLimit))
	hash := event.ContentHash(e)
	for range 50 {
		require.Equal(t, hash, event.ContentHash(proto.CloneOf(e)))
	}
	stamped := proto.CloneOf(e)
	stamped.IngestTs = timestamppb.New(now)
	require.Equal(t, hash, event.ContentHash(stamped))
	require.NotNil(t, stamped.IngestTs, "the event is only read")
	body, same := event.Content([]byte("head"), stamped)
	require.Equal(t, hash, same)
	back, err := event.Decode(body[4:])
	require.NoError(t, err)
	require.True(t, proto.Equal(e, back))
	other := proto.CloneOf(e)
	other.Win.AmountMinor++
	require.NotEqual(t, hash, event.ContentHash(other))
}

// TestWhatIsPersonalStandsApart looks at the facts of a stored event alone, as whoever does not have the key of the rest will.
func TestWhatIsPersonalStandsApart(t *testing.T) {
	t.Parallel()
	e := &laurelv1.Event{}
	fill(t, e.ProtoReflect())
	body, _ := event.Content(nil, e)
	require.Equal(t, []byte{1, 0}, body[:2], "codec, and no key")
	length, n := binary.Uvarint(body[2:])
	facts, personal := &laurelv1.Event{}, &laurelv1.Event{}
	require.NoError(t, proto.Unmarshal(body[2+n:2+n+int(length)], facts))
	require.NoError(t, proto.Unmarshal(body[2+n+int(length):], personal))
	require.True(t, facts.Device == nil && facts.Payload == nil && facts.Participants == nil)
	require.True(t, proto.Equal(&laurelv1.Event{Device: e.Device, Payload: e.Payload, Participants: e.Participants}, personal))
}

// TestStoredEventsThatCanNotBeRead names what is wrong with each.
func TestStoredEventsThatCanNotBeRead(t *testing.T) {
	t.Parallel()
	body, _ := event.Content(nil, round())
	for name, each := range map[string]struct {
		stored []byte
		says   string
	}{
		"nothing":       {nil, "cut short"},
		"no key":        {body[:1], "cut short"},
		"no length":     {body[:2], "cut short"},
		"cut off":       {body[:len(body)/2], "cut short"},
		"endless key":   {append([]byte{1}, bytes.Repeat([]byte{0x80}, 11)...), "cut short"},
		"other codec":   {append([]byte{2}, body[1:]...), "codec 2, want 1"},
		"encrypted":     {append([]byte{1, 7}, body[2:]...), "key 7"},
		"broken inside": {append(slices.Clone(body), 0xff), "parse"},
	} {
		_, err := event.Decode(each.stored)
		require.ErrorContains(t, err, each.says, name)
	}
}

// TestContentLeavesOutOnlyIngestTs fills every field of the contract, so that a field added there is not lost from the content.
func TestContentLeavesOutOnlyIngestTs(t *testing.T) {
	t.Parallel()
	e := &laurelv1.Event{}
	fill(t, e.ProtoReflect())
	body, hash := event.Content(nil, e)
	back, err := event.Decode(body)
	require.NoError(t, err)
	require.Nil(t, back.IngestTs)
	back.IngestTs = e.IngestTs
	require.True(t, proto.Equal(e, back))
	fields := e.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		if field := fields.Get(i); field.Name() != "ingest_ts" {
			less := proto.CloneOf(e)
			less.ProtoReflect().Clear(field)
			require.NotEqual(t, hash, event.ContentHash(less), field.FullName())
		}
	}
}

// TestPublishedCurrencies takes amounts in a currency that is published, wherever a currency is asked for, and no other registry does.
func TestPublishedCurrencies(t *testing.T) {
	t.Parallel()
	var none *money.Currencies
	with := registry(t).In(none.With("XBT", 8))
	for field, change := range map[string]func(e *laurelv1.Event){
		"bet.currency": func(e *laurelv1.Event) { e.Bet.Currency = "XBT" },
		"win.currency": func(e *laurelv1.Event) { e.Win.Currency = "XBT" },
		"payload.currency": func(e *laurelv1.Event) {
			e.Payload = &structpb.Struct{Fields: map[string]*structpb.Value{"currency": structpb.NewStringValue("XBT")}}
		},
		"participants[1].bet.currency": func(e *laurelv1.Event) {
			e.Participants = []*laurelv1.Participant{
				{User: &laurelv1.User{Id: "a"}}, {User: &laurelv1.User{Id: "b"}, Bet: &laurelv1.Bet{AmountMinor: 1, Currency: "XBT"}},
			}
		},
	} {
		e := round()
		change(e)
		problem := registry(t).Normalise(e, now, futureLimit)
		require.NotNil(t, problem, field)
		require.Equal(t, field, problem.Field)
		require.Contains(t, problem.Message, `or the id of a published Currency, but is "XBT"`)
		e = round()
		change(e)
		require.Nil(t, with.Normalise(e, now, futureLimit), field)
	}
}
