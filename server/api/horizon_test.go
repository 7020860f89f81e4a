package api_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	laurel "github.com/laurelhq/laurel/gen/laurel/v1/laurelv1connect"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/ingest"
)

// withHorizon is a server that takes in events for 30 days.
func withHorizon(t *testing.T) *bundle {
	t.Helper()
	b := setup(t)
	var err error
	b.intake.Horizon, err = ingest.OpenHorizon(t.Context(), ingest.HorizonConfig{
		Journal: b.journal, Days: 30, Now: time.Now, Dropped: func(int64) {}, Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	return b
}

const tooOldReason = "is too old: events are taken in for 30 days after they happened, since repeats are told for so long; laurel " +
	"ingest --history imports older ones"

// TestTooOldOverREST: an event before the horizon has a code of its own, alone and in a batch, under the name that its time was sent by.
func TestTooOldOverREST(t *testing.T) {
	t.Parallel()
	b := withHorizon(t)
	now := time.Now()
	old := now.AddDate(0, 0, -31)
	got := b.post(t, spin("e_1", old, ""))
	assert.Equal(t, http.StatusBadRequest, got.status)
	code, field := got.failure(t)
	assert.Equal(t, []string{"out_of_range", "ts"}, []string{code, field})
	assert.Contains(t, string(got.body), tooOldReason)

	got = b.post(t, `{"events":[`+spin("e_1", old, "")+`,`+spin("e_2", now, "")+`,`+spin("e_3", now, `,"amout":1`)+`,`+spin("e_2", now, "")+
		`]}`)
	assert.Equal(t, http.StatusAccepted, got.status)
	assert.JSONEq(t, `{"accepted":1,"duplicate":1,"rejected":2,"results":[
		{"event_id":"e_1","status":"rejected","reason":"`+tooOldReason+
		`","field":"ts","code":"out_of_range"},{"event_id":"e_2","status":"accepted"},
		{"event_id":"e_3","status":"rejected","reason":"is not a field of an event; near: amount","field":"amout","code":"invalid_argument"},{"event_id":"e_2","status":"duplicate"}]}`,
		reasonsOf(string(got.body)))
	got = b.post(t, `{"events":[`+spin("e_2", now, `,"session_id":"other"`)+`,`+spin("e_4", now, "")+`]}`)
	assert.Contains(t, string(got.body), `"code":"failed_precondition"`)
}

// reasonsOf leaves the reason of an unknown field as this test writes it: its words are those of another one.
func reasonsOf(body string) string {
	head, tail, found := strings.Cut(body, `{"event_id":"e_3","status":"rejected","reason":"`)
	if !found {
		return body
	}
	_, tail, _ = strings.Cut(tail, `","field"`)
	return head + `{"event_id":"e_3","status":"rejected","reason":"is not a field of an event; near: amount","field"` + tail
}

// TestTooOldOverRPC: each protocol tells the same code, and a stream too.
func TestTooOldOverRPC(t *testing.T) {
	t.Parallel()
	b := withHorizon(t)
	key := b.key(t, identity.ScopeIngest)
	old := round("old")
	old.EventTs = timestamppb.New(time.Now().AddDate(0, 0, -31))
	taken := round("taken")
	for name, protocol := range protocols {
		service := laurel.NewIngestServiceClient(client(t, key, protocol.http2), b.url+protocol.prefix, protocol.options...)
		got, err := service.Ingest(t.Context(), &laurelv1.IngestRequest{Events: []*laurelv1.Event{old, taken, {EventId: "bad"}}})
		require.NoError(t, err, name)
		require.Len(t, got.GetResults(), 3)
		assert.Equal(t, []string{"event_ts", tooOldReason, "out_of_range"},
			[]string{got.GetResults()[0].GetField(), got.GetResults()[0].GetReason(), got.GetResults()[0].GetCode()}, name)
		assert.Empty(t, got.GetResults()[1].GetCode())
		assert.Equal(t, "invalid_argument", got.GetResults()[2].GetCode())
		other := round("taken")
		other.SessionId = "other"
		got, err = service.Ingest(t.Context(), &laurelv1.IngestRequest{Events: []*laurelv1.Event{other}})
		require.NoError(t, err, name)
		assert.Equal(t, "failed_precondition", got.GetResults()[0].GetCode())
	}
	service := laurel.NewIngestServiceClient(client(t, key, true), b.url, protocols["grpc"].options...)
	stream, err := service.IngestStream(t.Context())
	require.NoError(t, err)
	require.NoError(t, stream.Send(&laurelv1.IngestStreamRequest{Events: []*laurelv1.Event{old}}))
	require.NoError(t, stream.Send(&laurelv1.IngestStreamRequest{Events: []*laurelv1.Event{old}, History: true}))
	sum, err := stream.CloseAndReceive()
	require.NoError(t, err)
	assert.Equal(t, []int64{1, 1}, []int64{sum.GetAccepted(), sum.GetRejected()})
	require.Len(t, sum.GetRejections(), 1)
	assert.Equal(t, "out_of_range", sum.GetRejections()[0].GetCode())
}

// TestHistoryOfAnyAgeCountsOnce sends it by each door, twice: it is one event of a source that no key has.
func TestHistoryOfAnyAgeCountsOnce(t *testing.T) {
	t.Parallel()
	b := withHorizon(t)
	old := time.Date(2004, 2, 29, 12, 0, 0, 0, time.UTC)
	send := func(query string) answer {
		return b.call(t, http.MethodPost, "/v1/events"+query, strings.NewReader(spin("e_1", old, "")), "Authorization", "Bearer "+devKey)
	}
	assert.JSONEq(t, `{"accepted":true}`, string(send("?history=true").body))
	assert.JSONEq(t, `{"accepted":true,"duplicate":true}`, string(send("?history=true").body))
	assert.Equal(t, http.StatusBadRequest, send("?history=false").status)
	got := send("?history=yes")
	code, field := got.failure(t)
	assert.Equal(t, []string{"invalid_argument", "history"}, []string{code, field})
	assert.Contains(t, string(got.body), `history must be true or false, but is \"yes\"`)
	for query, says := range map[string]string{
		"?history=true&history=false": "history must be there only once", "?history=true&history=true": "history must be there only once",
		"?history=": `history must be true or false, but is \"\"`, "?history": `history must be true or false, but is \"\"`,
	} {
		got := send(query)
		assert.Equal(t, http.StatusBadRequest, got.status, query)
		assert.Contains(t, string(got.body), says, query)
	}
	assert.Contains(t, string(send("?histori=true").body), "this door takes history")

	service := laurel.NewIngestServiceClient(client(t, b.key(t, identity.ScopeIngest), false), b.url+"/rpc")
	again := round("e_2")
	for duplicates := range int32(2) {
		got, err := service.Ingest(t.Context(), &laurelv1.IngestRequest{Events: []*laurelv1.Event{again}, History: true})
		require.NoError(t, err)
		assert.Equal(t, duplicates, got.GetDuplicates())
	}
	live, err := service.Ingest(t.Context(), &laurelv1.IngestRequest{Events: []*laurelv1.Event{again}})
	require.NoError(t, err)
	assert.EqualValues(t, 1, live.GetAccepted(), "what came in live too counts twice")
	var sources []string
	rows, err := b.store.Read().QueryContext(t.Context(), "SELECT source || '/' || event_id FROM event_key ORDER BY source, event_id")
	require.NoError(t, err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var source string
		require.NoError(t, rows.Scan(&source))
		sources = append(sources, source)
	}
	require.NoError(t, rows.Err())
	assert.Equal(t, []string{"/e_2", event.HistoryOf("") + "/e_1", event.HistoryOf("") + "/e_2"}, sources)
	_, _, err = b.people.CreateAPIKey(t.Context(), "test", event.HistoryOf(""), []identity.Scope{identity.ScopeIngest})
	require.ErrorContains(t, err, "source", "no key can take it")
}
