package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/api"
	"github.com/laurelhq/laurel/server/identity"
)

// rejected is how many events the figures call refused.
func (b *bundle) rejected(t *testing.T) int {
	t.Helper()
	families, err := b.figures.Registry().Gather()
	require.NoError(t, err)
	for _, family := range families {
		if family.GetName() == "laurel_events_rejected_total" {
			return int(family.GetMetric()[0].GetCounter().GetValue())
		}
	}
	require.Fail(t, "the figures do not say how many events were refused")
	return 0
}

// TestEachRefusedEventCountsOnce sends what is refused while it is read, what is refused afterwards, and both in one batch.
func TestEachRefusedEventCountsOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	now := time.Now()
	good := spin("e", now, "")
	negative, unknownName := strings.Replace(good, `"amount_minor":100`, `"amount_minor":-1`, 1),
		strings.Replace(good, "round_end", "rounds", 1)
	unknownField, origin := spin("e", now, `,"amout":1`), spin("e", now, `,"origin":{}`)
	crowd := spin("e", now, `,"participants":[`+strings.TrimSuffix(strings.Repeat(`{"user_id":"u"},`, 65), ",")+`]`)
	batch := func(events ...string) string { return `{"events":[` + strings.Join(events, ",") + `]}` }
	rest, rpc := []string{"/v1/events", "application/json"}, []string{"/rpc/laurel.v1.IngestService/Ingest", "application/json"}
	binary, stream := []string{rpc[0], "application/proto"}, "/rpc/laurel.v1.IngestService/IngestStream"
	for i, each := range []struct {
		name   string
		door   []string
		body   string
		status int
		counts int
	}{
		{"negative amount", rest, negative, 400, 1},
		{"origin", rest, origin, 400, 1},
		{"unknown field", rest, unknownField, 400, 1},
		{"too many participants", rest, crowd, 400, 1},
		{"unknown name", rest, unknownName, 400, 1},
		{"not JSON", rest, "hello", 400, 1},
		{"empty body", rest, "", 400, 1},
		{"no batch", rest, batch(), 400, 1},
		{"too large", rest, strings.Repeat(" ", 5<<20), 413, 1},
		{"another type", []string{rest[0], "text/xml"}, good, 415, 1},
		{"refused batch", rest, batch(negative, unknownName, origin), 400, 3},
		{"batch with a good one", rest, batch(negative, spin("good", now, ""), unknownName), 202, 2},
		{"good one again", rest, spin("good", now, ""), 202, 0},
		{"RPC: no batch", rpc, `{}`, 400, 1},
		{"RPC: unknown field", rpc, `{"event":[]}`, 400, 1},
		{"RPC: not JSON", rpc, `hello`, 400, 1},
		{"RPC: event without anything", rpc, `{"events":[{}, {}]}`, 200, 2},
		{"RPC: not protobuf", binary, "\xff\xff", 400, 1},
		{"RPC: too large", rpc, `{"events":[` + strings.Repeat(" ", 5<<20) + `]}`, 429, 1},
		{"RPC: too large, not JSON's form", binary, strings.Repeat("x", 5<<20), 429, 1},
		{"RPC: another type", []string{rpc[0], "text/xml"}, good, 415, 1},
		{"RPC: another type of a stream", []string{stream, "text/xml"}, good, 415, 1},
		{"RPC: stream whose message is no JSON", []string{stream, "application/connect+json"}, "\x00\x00\x00\x00\x05hello", 200, 1},
		{"RPC: stream whose message is too large", []string{stream, "application/connect+json"}, "\x00\x00\x50\x00\x00" +
			strings.Repeat(" ", 5<<20), 200, 1},
		{"RPC: stream without a batch", []string{stream, "application/connect+json"}, "\x00\x00\x00\x00\x02{}", 200, 1},
		{"RPC: stream that ends at once", []string{stream, "application/connect+json"}, "", 200, 0},
		{"RPC: another type, another procedure", []string{"/rpc/laurel.v1.IngestService/ListDeadLetters", "text/xml"}, "hello", 415, 0},
		{"RPC: no event, another procedure", []string{"/rpc/laurel.v1.IngestService/ListDeadLetters", rpc[1]}, "hello", 400, 0},
	} {
		before := b.rejected(t)
		got := b.call(t, http.MethodPost, each.door[0], strings.NewReader(each.body), "Authorization", "Bearer "+devKey, "Content-Type",
			each.door[1])
		require.Equal(t, each.status, got.status, "%s: %s", each.name, got.body)
		// What the RPC library refuses counts once it has answered.
		require.Eventually(t, func() bool { return b.rejected(t)-before >= each.counts }, patience, time.Millisecond, "%d: %s", i, each.name)
		assert.Equal(t, each.counts, b.rejected(t)-before, "%d: %s", i, each.name)
	}
}

// TestWhoMayNotSendIsNotCounted sends bodies that would be refused without a key that may send events, and with one that has used up its
// calls.
func TestWhoMayNotSendIsNotCounted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, door := range []string{"/v1/events", "/rpc/laurel.v1.IngestService/Ingest", "/rpc/laurel.v1.IngestService/IngestStream"} {
		for _, contentType := range []string{"text/xml", "application/json", "application/connect+json"} {
			got := b.call(t, http.MethodPost, door, strings.NewReader("hello"), "Authorization", b.key(t, identity.ScopeRead), "Content-Type",
				contentType)
			require.NotEqual(t, http.StatusAccepted, got.status)
		}
	}
	assert.Zero(t, b.rejected(t))
}

// TestEventsToSendAgainAreNotCounted has the limit of a key in the way: nothing is wrong with the events.
func TestEventsToSendAgainAreNotCounted(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *api.Config) { c.EventsPerSecond = 1 })
	bad := `{"events":[` + strings.TrimSuffix(strings.Repeat(`{},`, 900), ",") + `]}`
	require.Equal(t, http.StatusBadRequest, b.post(t, bad).status)
	require.Equal(t, http.StatusTooManyRequests, b.post(t, bad).status)
	assert.Equal(t, 900, b.rejected(t))
}

// TestTheSameConflictTwiceInABatch sends an event whose id another one has, several times at once: what holds for the first holds for all.
func TestTheSameConflictTwiceInABatch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	now := time.Now()
	first, other := spin("e", now, ""), spin("e", now, `,"brand":"Y"`)
	require.Equal(t, http.StatusAccepted, b.post(t, first).status)
	got := b.post(t, `{"events":[`+other+","+other+","+other+`]}`)
	require.Equal(t, http.StatusBadRequest, got.status, "%s", got.body)
	assert.Equal(t, 3, strings.Count(string(got.body), `"status":"rejected"`), "%s", got.body)
	assert.Equal(t, 3, strings.Count(string(got.body), "is already used by an event with different content"), "%s", got.body)
	assert.Equal(t, 3, b.rejected(t))

	mixed := b.post(t, `{"events":[`+spin("f", now, "")+","+other+","+spin("f", now, "")+","+other+`]}`).json(t)
	assert.Equal(t, []string{"1", "1", "2"}, []string{fmt.Sprint(mixed["accepted"]), fmt.Sprint(mixed["duplicate"]),
		fmt.Sprint(mixed["rejected"])}, "%v", mixed)
}
