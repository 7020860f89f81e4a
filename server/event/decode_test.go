package event_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
)

func TestExamplesLoadAsTheyStand(t *testing.T) {
	t.Parallel()
	game, problem := accept(t, string(example(t, "event-game.json")))
	require.Nil(t, problem)
	require.Equal(t, "round_end", game.Name)
	require.Equal(t, "u_123", game.User.Id)
	require.Equal(t, int64(1761415897_000_000), event.TsMicros(game))
	require.Equal(t, "mno", game.Device.AsnCategory, "a word in place of the number is the category")
	require.Equal(t, "EUR", game.Win.Currency, "the stake's currency")
	require.Equal(t, "1.0.0", game.SchemaVersion)
	require.InDelta(t, 2.5, game.Win.GetMultiplier(), 0)
	require.Equal(t, int64(2400), game.Round.GetDurationMs())

	wallet, problem := accept(t, string(example(t, "event-wallet.json")))
	require.Nil(t, problem)
	require.Equal(t, "bet", wallet.Name)
	require.Equal(t, "1.2.0", wallet.SchemaVersion)
	require.True(t, wallet.User.GetPayer())
	require.Equal(t, []string{"vpn_nightly"}, wallet.User.RiskFlags)
	require.Equal(t, "s_1", wallet.SessionId)
	require.Equal(t, "203.0.113.24", wallet.Device.Ip)
	require.InDelta(t, 1.25, wallet.Payload.Fields["win"].GetNumberValue(), 0)
	require.Nil(t, wallet.Bet, "payload is what the sender put there and nothing is taken out of it")
}

func TestBothShapesMeanTheSame(t *testing.T) {
	t.Parallel()
	first := decodeOne(t, `{"event_id":"e1","event_name":"bet","version":"1.2.0","ts":"2025-10-25T18:00Z","user_id":"u1",
		"context":{"session_id":"s1","ip":"203.0.113.24","user_agent":"x"},"user":{"payer_flag":true},"payload":{"bet":1}}`)
	second := decodeOne(t, `{"payload":{"bet":1.0},"session_id":"s1","device":{"user_agent":"x","ip":"203.0.113.24"},"user":{"payer":true,"id":"u1"},
		"event_ts":"2025-10-25T20:00:00.000+02:00","schema_version":"1.2.0","name":"bet","event_id":"e1"}`)
	require.Nil(t, registry(t).Normalise(first, now, futureLimit))
	require.Nil(t, registry(t).Normalise(second, now, futureLimit))
	require.True(t, proto.Equal(first, second))
	require.Equal(t, event.ContentHash(first), event.ContentHash(second))
	decodeOne(t, `{"name":"login","event_name":"login","user_id":"u","user":{"id":"u"},"ts":"2025-10-25T18:00Z","event_ts":"2025-10-25T19:00:00+01:00"}`)
}

func TestNullCountsAsNotGiven(t *testing.T) {
	t.Parallel()
	e := decodeOne(t, `{"event_id":"e1","name":"bet","bet":null,"win":null,"market":null,"user":{"id":"u","payer":null,"kyc_level":null,"risk_flags":null},
		"payload":{"bet":1,"note":null},"round":{"duration_ms":null},"device":{"headless":null},"context":null,"event_ts":null}`)
	require.Nil(t, e.Bet)
	require.Nil(t, e.Win)
	require.Nil(t, e.User.Payer)
	require.Nil(t, e.Round.DurationMs)
	require.Nil(t, e.EventTs)
	require.NotNil(t, e.Payload.Fields["note"])
}

// head starts a valid event that a row of badInput goes on to spoil.
const head = `{"event_id":"e1","name":"round_end","ts":"2025-10-25T18:11:37Z","user_id":"u1","game":{"id":"g"}`

var badInput = map[string]struct{ body, field, says string }{
	"duplicate key":         {head + `,"market":"DE","market":"SE"}`, "market", "twice"},
	"duplicate inner key":   {head + `,"bet":{"amount_minor":1,"amount_minor":2,"currency":"EUR"}}`, "bet.amount_minor", "twice"},
	"duplicate payload key": {head + `,"payload":{"a":{"b":1,"b":1}}}`, "payload.a.b", "twice"},
	"duplicate object":      {head + `,"game":{"id":"g"}}`, "game", "twice"},
	"NaN":                   {head + `,"bet":{"amount_minor":NaN,"currency":"EUR"}}`, "bet.amount_minor", "digits"},
	"NaN in payload":        {head + `,"payload":{"x":NaN}}`, "payload.x", "digits"},
	"Infinity":              {head + `,"win":{"multiplier":-Infinity}}`, "win.multiplier", "digits"},
	"1e400":                 {head + `,"win":{"multiplier":1e400}}`, "win.multiplier", "0 to 1000000000"},
	"1e400 as amount":       {head + `,"bet":{"amount_minor":1e400,"currency":"EUR"}}`, "bet.amount_minor", "0 to 9007199254740992"},
	"1e400 in payload":      {head + `,"payload":{"x":[1,{"y":1e400}]}}`, "payload.x[1].y", "2^53"},
	"1e-400 in payload":     {head + `,"payload":{"x":1e-400}}`, "payload.x", "exactly"},
	"2^63": {head + `,"bet":{"amount_minor":9223372036854775808,"currency":"EUR"}}`, "bet.amount_minor",
		"0 to 9007199254740992"},
	"2^63 in payload":   {head + `,"payload":{"x":9223372036854775808}}`, "payload.x", "2^53"},
	"2^53+1 in payload": {head + `,"payload":{"x":9007199254740993}}`, "payload.x", "exactly"},
	"2^53+1":            {head + `,"bet":{"amount_minor":9007199254740993,"currency":"EUR"}}`, "bet.amount_minor", "0 to 9007199254740992"},
	"negative":          {head + `,"bet":{"amount_minor":-1,"currency":"EUR"}}`, "bet.amount_minor", "-1"},
	"fraction":          {head + `,"bet":{"amount_minor":0.5,"currency":"EUR"}}`, "bet.amount_minor", "whole number"},
	"number in quotes":  {head + `,"bet":{"amount_minor":"100","currency":"EUR"}}`, "bet.amount_minor", "without quotes"},
	"duration":          {head + `,"round":{"duration_ms":86400001}}`, "round.duration_ms", "86400000"},
	"kyc":               {head + `,"user":{"kyc_level":10}}`, "user.kyc_level", "0 to 9"},
	"empty id":          {`{"event_id":"","name":"login","ts":"2025-10-25T18:11:37Z","user_id":"u1"}`, "event_id", "required"},
	"no id":             {`{"name":"login","ts":"2025-10-25T18:11:37Z","user_id":"u1"}`, "event_id", "required"},
	"1 MB id": {`{"event_id":"` + strings.Repeat("x", 1<<20) + `","name":"login","ts":"2025-10-25T18:11:37Z","user_id":"u1"}`,
		"event_id", "128"},
	"1 MB user id": {`{"event_id":"e","name":"login","ts":"2025-10-25T18:11:37Z","user_id":"` + strings.Repeat("x", 1<<20) + `"}`,
		"user.id", "128"},
	"1 MB key":     {`{"event_id":"e","` + strings.Repeat("x", 1<<20) + `":1}`, "", "payload"},
	"unknown name": {`{"event_id":"e","name":"rund_end","ts":"2025-10-25T18:11:37Z","user_id":"u1"}`, "name", "near: round_end"},
	"strange name": {`{"event_id":"e","name":"zzzzzzzzzzzz","ts":"2025-10-25T18:11:37Z","user_id":"u1"}`, "name",
		"bet, check_in, deposit"},
	"no name":              {`{"event_id":"e","ts":"2025-10-25T18:11:37Z","user_id":"u1"}`, "name", "event_name"},
	"future":               {`{"event_id":"e","name":"login","ts":"2025-11-24T12:05:01Z","user_id":"u1"}`, "event_ts", "ahead"},
	"far future":           {`{"event_id":"e","name":"login","ts":"9999-12-31T23:59:59Z","user_id":"u1"}`, "event_ts", "ahead"},
	"before 2000":          {`{"event_id":"e","name":"login","ts":"1999-12-31T23:59:59Z","user_id":"u1"}`, "event_ts", "2000-01-01"},
	"no time":              {`{"event_id":"e","name":"login","user_id":"u1"}`, "event_ts", "required"},
	"no date":              {`{"event_id":"e","name":"login","ts":"yesterday","user_id":"u1"}`, "ts", "RFC 3339"},
	"no zone":              {`{"event_id":"e","name":"login","ts":"2025-10-25T18:11:37","user_id":"u1"}`, "ts", "RFC 3339"},
	"30 February":          {`{"event_id":"e","name":"login","event_ts":"2025-02-30T18:11:37Z","user_id":"u1"}`, "event_ts", "RFC 3339"},
	"time as number":       {`{"event_id":"e","name":"login","ts":1761415897,"user_id":"u1"}`, "ts", "quotes"},
	"bad UTF-8":            {`{"event_id":"e` + "\xff" + `","name":"login","ts":"2025-10-25T18:11:37Z","user_id":"u1"}`, "event_id", "UTF-8"},
	"bad UTF-8 in payload": {head + `,"payload":{"x":["` + "\xc3\x28" + `"]}}`, "payload.x[0]", "UTF-8"},
	"lone surrogate":       {head + `,"market":"\ud800"}`, "market", "UTF-8"},
	"control character":    {head + `,"market":"D\u0007"}`, "market", "printable"},
	"bidi override":        {head + `,"trace_id":"a\u202eb"}`, "trace_id", "printable"},
	"NUL in payload":       {head + `,"payload":{"x":"a\u0000b"}}`, "payload.x", "NUL"},
	"blank at the end":     {head + `,"bet":{"amount_minor":1,"currency":"EUR "}}`, "bet.currency", "ISO 4217"},
	"no such currency":     {head + `,"bet":{"amount_minor":1,"currency":"XXX"}}`, "bet.currency", "ISO 4217"},
	"stake alone":          {head + `,"bet":{"amount_minor":1}}`, "bet.currency", "required"},
	"win alone":            {head + `,"win":{"amount_minor":1}}`, "win.currency", "required"},
	"unknown field":        {head + `,"bet":{"amount_minr":1}}`, "bet.amount_minr", "near: bet.amount_minor"},
	"misplaced field":      {head + `,"currency":"EUR"}`, "currency", "bet.currency"},
	"unknown top field":    {head + `,"colour":"red"}`, "colour", "payload"},
	"empty key":            {head + `,"bet":{"":1}}`, "bet.", "payload"},
	"source":               {head + `,"source":"main"}`, "source", "leave it out"},
	"origin":               {head + `,"origin":{"depth":1}}`, "origin", "leave it out"},
	"ingest_ts":            {head + `,"ingest_ts":"2025-10-25T18:11:37Z"}`, "ingest_ts", "leave it out"},
	"user id as number":    {`{"event_id":"e","name":"login","ts":"2025-10-25T18:11:37Z","user_id":17850}`, "user_id", "quotes"},
	"no user":              {`{"event_id":"e","name":"login","ts":"2025-10-25T18:11:37Z"}`, "user.id", "user_id"},
	"two names":            {head + `,"event_name":"bet"}`, "event_name", "differs from name"},
	"two users":            {head + `,"user":{"id":"u2"}}`, "user.id", "differs from user_id"},
	"two times":            {head + `,"event_ts":"2025-10-25T18:11:38Z"}`, "event_ts", "differs from ts"},
	"two payers":           {head + `,"user":{"payer":true,"payer_flag":false}}`, "user.payer_flag", "differs from user.payer"},
	"two addresses":        {head + `,"context":{"ip":"::1"},"device":{"ip":"::2"}}`, "device.ip", "differs from context.ip"},
	"two versions":         {head + `,"version":"1","schema_version":"1.0.0"}`, "schema_version", "differs from version"},
	"no address":           {head + `,"device":{"ip":"300.1.1.1"}}`, "device.ip", "IPv4"},
	"unknown major":        {head + `,"version":"7.0.0"}`, "schema_version", "1 (newest 1.0.0)"},
	"strange version":      {head + `,"version":"1.x"}`, "schema_version", "newest"},
	"text for object":      {head + `,"device":"mobile"}`, "device", "an object, but is text"},
	"object for text":      {head + `,"market":{}}`, "market", "text, but is an object"},
	"text for flag":        {head + `,"device":{"headless":"yes"}}`, "device.headless", "true or false"},
	"text for list":        {head + `,"user":{"risk_flags":"vpn"}}`, "user.risk_flags", "list"},
	"null in list":         {head + `,"user":{"risk_flags":["vpn",null]}}`, "user.risk_flags", "list of text"},
	"list for payload":     {head + `,"payload":[]}`, "payload", "an object, but is a list"},
	"deep payload":         {head + `,"payload":` + strings.Repeat(`{"a":`, 20) + `1` + strings.Repeat(`}`, 20) + `}`, "", "16 levels"},
	"fat payload":          {head + `,"payload":{"x":"` + strings.Repeat("x", 17<<10) + `"}}`, "payload", "16384"},
	"bet without stake":    {`{"event_id":"e","name":"bet","ts":"2025-10-25T18:11:37Z","user_id":"u1"}`, "bet", "payload.bet"},
	"purchase as text": {`{"event_id":"e","name":"purchase","ts":"2025-10-25T18:11:37Z","user_id":"u1","payload":{"amount":"5"}}`,
		"payload.amount", "a number"},
	"purchase for nothing": {`{"event_id":"e","name":"purchase","ts":"2025-10-25T18:11:37Z","user_id":"u1"}`, "payload.amount", "required"},
	"negative payload bet": {`{"event_id":"e","name":"bet","ts":"2025-10-25T18:11:37Z","user_id":"u1","payload":{"bet":-1}}`, "payload.bet",
		"from 0"},
}

// TestBadInputNamesItsField is row 3 of the fault list, as far as one event goes.
func TestBadInputNamesItsField(t *testing.T) {
	t.Parallel()
	for name, row := range badInput {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problem := accept(t, row.body)
			require.NotNil(t, problem)
			if row.field != "" {
				require.Equal(t, row.field, problem.Field, problem.Error())
			}
			require.Contains(t, problem.Error(), row.says)
			bounded(t, problem)
		})
	}
}

// bounded holds a problem against the bounds of EventResult.
func bounded(t require.TestingT, problem *event.Problem) {
	require.LessOrEqual(t, len(problem.Field), 256)
	require.LessOrEqual(t, len(problem.Error()), 2048)
	require.True(t, utf8.ValidString(problem.Error()))
	require.NotEmpty(t, problem.Message)
}

func TestBodyThatIsNoBatch(t *testing.T) {
	t.Parallel()
	tooMany := `{"events":[` + strings.Repeat(`{},`, event.MaxBatch) + `{}]}`
	for name, row := range map[string]struct{ body, field, says string }{
		"empty":           {``, "", "JSON"},
		"blank":           {" \n", "", "JSON"},
		"text":            {`hello`, "", "JSON"},
		"number":          {`7`, "", "one event object"},
		"null":            {`null`, "", "one event object"},
		"list":            {`[{"event_id":"e"}]`, "", `under "events"`},
		"cut off":         {`{"event_id":"e`, "event_id", "cut off"},
		"cut off batch":   {`{"events":[{"event_id":"e1"},{"event_id"`, "", "cut off"},
		"NaN in batch":    {`{"events":[{},{"bet":{"amount_minor":NaN}}]}`, "events[1].bet.amount_minor", "digits"},
		"trailing":        {`{"event_id":"e"} {"event_id":"f"}`, "", "more follows"},
		"comma":           {`{"event_id":"e",}`, "", "JSON"},
		"empty batch":     {`{"events":[]}`, "events", "empty"},
		"batch no list":   {`{"events":{}}`, "events", "list"},
		"batch null":      {`{"events":null}`, "events", "list"},
		"oversized batch": {tooMany, "events", "1000"},
		"two batches":     {`{"events":[{}],"events":[{}]}`, "events", "once"},
		"batch and more":  {`{"event_id":"e","events":[{}]}`, "event_id", "beside"},
		"batch, then":     {`{"events":[{}],"name":"bet"}`, "name", "beside"},
		"gzip":            {"\x1f\x8b\x08\x00", "", "JSON"},
		"deep":            {`{"a":` + strings.Repeat("[", 20000), "", "depth"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			results, _, err := event.DecodeJSON([]byte(row.body))
			require.Error(t, err)
			require.Nil(t, results)
			var problem *event.Problem
			require.ErrorAs(t, err, &problem)
			if row.field != "" {
				require.Equal(t, row.field, problem.Field, problem.Error())
			}
			require.Contains(t, problem.Error(), row.says)
			bounded(t, problem)
		})
	}
}

func TestBadEventLeavesItsNeighboursAlone(t *testing.T) {
	t.Parallel()
	good := `{"event_id":"e%d","name":"login","ts":"2025-10-25T18:00Z","user_id":"u"}`
	body := `{"events":[` + fmt.Sprintf(good, 0) + `,{"market":1,"event_id":"bad1"},` + fmt.Sprintf(good, 2) +
		`,{"event_id":"bad2","event_id":"x"},7,` +
		`{"event_id":"` + strings.Repeat("é", 1000) + `","colour":"` + "\xff" + `"},` + fmt.Sprintf(good, 6) + `]}`
	results, single, err := event.DecodeJSON([]byte(body))
	require.NoError(t, err)
	require.False(t, single)
	require.Len(t, results, 7)
	for i, id := range map[int]string{0: "e0", 2: "e2", 6: "e6"} {
		require.Nil(t, results[i].Problem)
		require.Equal(t, id, results[i].EventID)
		require.Equal(t, id, results[i].Event.EventId)
	}
	for i, id := range map[int]string{1: "bad1", 3: "bad2", 4: ""} {
		require.Nil(t, results[i].Event)
		require.Equal(t, id, results[i].EventID)
	}
	require.LessOrEqual(t, len(results[5].EventID), 256)
	require.Equal(t, "colour", results[5].Problem.Field)
	full, _, err := event.DecodeJSON([]byte(`{"events":[` + strings.Repeat(`{},`, event.MaxBatch-1) + `{}]}`))
	require.NoError(t, err)
	require.Len(t, full, event.MaxBatch)
}

func TestNumbersMayBeWrittenInAnyExactWay(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"100": 100, "100.0": 100, "1e2": 100, "1.5E1": 15, "0": 0, "-0": 0, "0e9": 0,
		"9007199254740992": 1 << 53} {
		e := decodeOne(t, `{"bet":{"amount_minor":`+text+`}}`)
		require.Equal(t, want, e.Bet.AmountMinor, text)
	}
	for text, want := range map[string]float64{"0.1": 0.1, "0.10": 0.1, "0.30000000000000004": 0.30000000000000004, "0.10000000000000001": 0.1,
		"-2.5e-3": -0.0025, "9007199254740992": 1 << 53, "1e15": 1e15} {
		e := decodeOne(t, `{"payload":{"x":`+text+`}}`)
		require.InDelta(t, want, e.Payload.Fields["x"].GetNumberValue(), 0, text)
	}
	for _, text := range []string{"0.30000000000000001", "9007199254740991.5", "0.12345678901234567890", "1e16"} {
		results, _, err := event.DecodeJSON([]byte(`{"payload":{"x":` + text + `}}`))
		require.NoError(t, err)
		require.NotNil(t, results[0].Problem, text)
		require.Equal(t, "payload.x", results[0].Problem.Field)
	}
}

// TestEveryFieldOfTheContractCanBeSent walks event.proto, so that a field added there is not forgotten here.
func TestEveryFieldOfTheContractCanBeSent(t *testing.T) {
	t.Parallel()
	samples := map[protoreflect.Kind]string{
		protoreflect.StringKind: `"x"`, protoreflect.Int64Kind: `1`, protoreflect.Int32Kind: `1`, protoreflect.BoolKind: `true`,
		protoreflect.DoubleKind: `1.5`,
	}
	value := func(field protoreflect.FieldDescriptor) string {
		if field.IsList() {
			return "[" + samples[field.Kind()] + "]"
		}
		return samples[field.Kind()]
	}
	fields := (&laurelv1.Event{}).ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		name := string(field.Name())
		switch {
		case name == "ingest_ts", name == "origin", name == "source", name == "participants": // the last has a test of its own
		case name == "event_ts":
			require.NotNil(t, decodeOne(t, `{"event_ts":"2025-10-25T18:00Z"}`).EventTs)
		case name == "payload":
			require.NotNil(t, decodeOne(t, `{"payload":{}}`).Payload)
		case field.Message() != nil:
			inner := field.Message().Fields()
			for j := range inner.Len() {
				e := decodeOne(t, fmt.Sprintf(`{"%s":{"%s":%s}}`, name, inner.Get(j).Name(), value(inner.Get(j))))
				require.True(t, e.ProtoReflect().Get(field).Message().Has(inner.Get(j)), inner.Get(j).FullName())
			}
		default:
			e := decodeOne(t, fmt.Sprintf(`{"%s":%s}`, name, value(field)))
			require.True(t, e.ProtoReflect().Has(field), field.FullName())
		}
	}
}

func TestBrokenBodiesAreToldInSentences(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{`:                        "the JSON is cut off: it ends too early (byte 1)",
		`{"bet":{"amount_minor":1`: "bet is cut off: it ends too early (byte 24)",
		`{1:1}`:                    "the JSON holds a key that is no text: keys need quotes (byte 1)",
	} {
		_, _, err := event.DecodeJSON([]byte(body))
		require.EqualError(t, err, want)
	}
	results, _, err := event.DecodeJSON([]byte(`{"foo":1}`))
	require.NoError(t, err)
	require.NotContains(t, results[0].Problem.Error(), "near", "foo is as far from user.geo as can be")
}
