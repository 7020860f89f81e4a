package main

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/store"
)

const (
	// newEvents happened within the horizon. A batch of events is keysBatch, one of those that are sent again repeatBatch.
	newEvents, keysBatch, repeatBatch = 2000, 500, 100
	// keysHorizon is the horizon in days under which keys are dropped, and oldDays how long ago the old events happened.
	keysHorizon, oldDays = 30, 100
)

// oldEvents happened and arrived before the horizon: as many as some steps drop.
var oldEvents = map[store.Dialect]int{store.SQLite: 6000, store.Postgres: 26_000}

// TestKillWhileKeysAreDropped kills a server twice while it drops the keys of old events, which are sent again and again meanwhile: none
// comes in a second time, the floor never falls, and every key of an event above it is there.
func TestKillWhileKeysAreDropped(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, dialect store.Dialect, url string) {
		in := newInstallation(t, url, "")
		events := keyed(time.Now(), oldEvents[dialect])
		server := in.serve(t)
		in.at.Store(server.url(t))
		s := &senders{in: in, client: newWeb(t, "", "").client}
		for from := 0; from < len(events); from += keysBatch {
			require.Equal(t, keysBatch, s.post(t, events[from:from+keysBatch])[laurelv1.EventStatus_EVENT_STATUS_ACCEPTED])
		}
		server.stop(t)
		rows := openRows(t, url)
		rows.execAll(t, "UPDATE journal_event SET ingest_ts = event_ts")
		in.settings = append(in.settings, fmt.Sprint("LAUREL_HORIZON_DAYS=", keysHorizon))
		dropWithKills(t, in, s, rows, events)
	})
}

// keyed are the old events and the new ones, each at a time of its own.
func keyed(now time.Time, old int) (events []*laurelv1.Event) {
	for i := range old + newEvents {
		at := now.AddDate(0, 0, -oldDays)
		if i >= old {
			at = now.AddDate(0, 0, -1)
		}
		events = append(events, &laurelv1.Event{EventId: fmt.Sprint("e-", i), Name: "login",
			EventTs: timestamppb.New(at.Add(time.Duration(i) * time.Millisecond)), User: &laurelv1.User{Id: fmt.Sprint("u", i%97)}})
	}
	return events
}

// post sends a batch and counts what became of it.
func (s *senders) post(t *testing.T, batch []*laurelv1.Event) map[laurelv1.EventStatus]int {
	t.Helper()
	response, err := s.ingest(t.Context(), s.in.doors()[0], batch)
	require.NoError(t, err)
	results, err := resultsOf(response, len(batch))
	require.NoError(t, err)
	found := map[laurelv1.EventStatus]int{}
	for _, result := range results {
		found[result.GetStatus()]++
	}
	return found
}

// dropWithKills has servers drop the keys of the old events, two of which are killed on the way.
func dropWithKills(t *testing.T, in *installation, s *senders, rows *rawRows, events []*laurelv1.Event) {
	t.Helper()
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	var floor int64
	pace := time.NewTicker(waitStep) // a key may send so many events a second only
	defer pace.Stop()
	repeat := func() {
		<-pace.C
		at := random.IntN(len(events) - repeatBatch)
		found := s.post(t, events[at:at+repeatBatch])
		require.Zero(t, found[laurelv1.EventStatus_EVENT_STATUS_ACCEPTED], "an event from %d on came in twice", at)
		if at >= len(events)-newEvents {
			require.Equal(t, repeatBatch, found[laurelv1.EventStatus_EVENT_STATUS_DUPLICATE])
		}
		now := rows.number(t, "SELECT coalesce(max(CAST(value AS bigint)), 0) FROM setting WHERE id = 'event_floor'")
		require.GreaterOrEqual(t, now, floor, "the floor falls")
		floor = now
	}
	keys := func() int64 { return rows.number(t, "SELECT count(*) FROM event_key") }
	server := in.serve(t)
	in.at.Store(server.url(t))
	left := keys()
	require.EqualValues(t, len(events), left)
	for kill := range 2 {
		for repeat(); keys() == left; {
			repeat()
		}
		server.kill()
		left = keys()
		t.Logf("kill %d with %d keys left", kill+1, left)
		require.Greater(t, left, int64(newEvents), "it was killed on the way")
		server = in.serve(t)
		in.at.Store(server.url(t))
	}
	for keys() > newEvents {
		repeat()
	}
	for range 20 {
		repeat()
	}
	server.stop(t)
	require.Positive(t, floor)
	require.EqualValues(t, len(events), rows.number(t, "SELECT count(*) FROM journal_event"))
	times := rows.number(t, "SELECT count(DISTINCT event_ts) FROM journal_event")
	require.EqualValues(t, len(events), times, "each has a time of its own")
	kept := rows.number(t, fmt.Sprintf(`SELECT count(*) FROM journal_event AS e JOIN event_key AS k ON k.seq = e.id
		WHERE e.event_ts >= %d`, floor))
	require.EqualValues(t, newEvents, kept, "every key above the floor is there")
	verdict, err := runVerb(t, in.settings, "verify", "boards")
	require.NoError(t, err, verdict)
}
