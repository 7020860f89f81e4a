package journal

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// TestPositionOfAnArrival stores arrivals that are out of order by less than the slack, some of the first of which are gone again, and
// looks for any time.
func TestPositionOfAnArrival(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j := open(t, s)
		position, err := j.PositionAt(t.Context(), 1)
		require.NoError(t, err)
		require.Zero(t, position, "nothing is there")
		if s.Dialect() == store.Postgres {
			addRange(t, s, Range{ID: 3, First: ranges(t, j)[1].Until, Until: 1 << 42})
		}
		lift(t, s)
		rapid.Check(t, func(rt *rapid.T) {
			_, err := s.Write().ExecContext(t.Context(), "DELETE FROM journal_event")
			require.NoError(rt, err)
			slack := ArrivalSlack.Microseconds()
			gaps := rapid.SliceOfN(rapid.Int64Range(0, 3*slack), 1, 40).Draw(rt, "gaps")
			arrivals := map[int64]int64{} // by position
			id, at := rapid.Int64Range(1, 1<<30).Draw(rt, "first"), 10*slack
			for _, gap := range gaps {
				id, at = id+rapid.Int64Range(1, 1<<26).Draw(rt, "step"), at+gap
				arrivals[id] = at - rapid.Int64Range(0, slack/2).Draw(rt, "early")
				_, err := s.Write().ExecContext(t.Context(), "INSERT INTO journal_event (id, player, event_ts, ingest_ts, partition, body) VALUES "+
					"($1, 0, 0, $2, 0, $3)", id, arrivals[id], []byte("x"))
				require.NoError(rt, err)
			}
			wanted := rapid.Int64Range(0, at+2*slack).Draw(rt, "wanted")
			position, err := j.PositionAt(t.Context(), wanted)
			require.NoError(rt, err)
			for id, arrived := range arrivals {
				if arrived < wanted-slack {
					require.Less(rt, id, position)
				}
				if arrived >= wanted+slack {
					require.GreaterOrEqual(rt, id, position)
				}
			}
			to := wanted + rapid.Int64Range(0, 10*slack).Draw(rt, "for")
			want := slices.DeleteFunc(sortedKeys(arrivals), func(id int64) bool { return arrivals[id] < wanted || arrivals[id] >= to })
			require.Equal(rt, want, arrivedIn(rt, j, Arrivals{From: wanted, To: to, Limit: rapid.IntRange(1, 5).Draw(rt, "limit")}))
		})
	})
}

// lift takes away what keeps events from being deleted.
func lift(t *testing.T, s *store.Store) {
	t.Helper()
	statement := "DROP TRIGGER journal_event_append_only ON journal_event"
	if s.Dialect() == store.SQLite {
		statement = "DROP TRIGGER journal_event_no_delete"
	}
	_, err := s.Write().ExecContext(t.Context(), statement)
	require.NoError(t, err)
}

func sortedKeys(arrivals map[int64]int64) []int64 {
	ids := []int64{}
	for id := range arrivals {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// arrivedIn reads all pages.
func arrivedIn(t *rapid.T, j *Journal, wanted Arrivals) []int64 {
	found := []int64{}
	for {
		records, err := j.ArrivedIn(t.Context(), wanted)
		require.NoError(t, err)
		for _, r := range records {
			found = append(found, r.Seq)
			wanted.After = r.Seq
		}
		if len(records) < wanted.Limit {
			return found
		}
	}
}

// TestEventsOfAPlayer reads his events by when they happened, page by page, beside those of another player with his number.
func TestEventsOfAPlayer(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j := open(t, s)
		var entries []Entry
		for i := range 300 {
			e := &laurelv1.Event{
				EventId: fmt.Sprint(i), Name: "login", User: &laurelv1.User{Id: fmt.Sprint("u", i%3)},
				EventTs: timestamppb.New(time.Unix(int64(1_700_000_000+i*7919%50), 0)),
			}
			body, hash := event.Content(nil, e)
			entries = append(entries, EntryOf(e, hash, body))
		}
		_, err := j.Append(t.Context(), entries, 1)
		require.NoError(t, err)
		foreign, _ := event.Content(nil, &laurelv1.Event{EventId: "foreign", User: &laurelv1.User{Id: "other"}})
		_, err = s.Write().ExecContext(t.Context(), "INSERT INTO journal_event (id, player, event_ts, ingest_ts, partition, body) SELECT "+
			"max(id) + 1, $1, 1700000010000000, 1, 0, $2 FROM journal_event",
			playerOf("u1"), foreign)
		require.NoError(t, err)

		read := func(wanted PlayerEvents) (ids []string) {
			for {
				records, next, last, err := j.OfPlayer(t.Context(), wanted)
				require.NoError(t, err)
				for _, r := range records {
					e, err := event.Decode(r.Body)
					require.NoError(t, err)
					require.Equal(t, PartitionOf(wanted.UserID, j.Partitions()), r.Partition)
					ids = append(ids, e.GetEventId())
				}
				if last {
					return ids
				}
				wanted.After = next
			}
		}
		var want []string
		byTime := slices.Clone(entries)
		slices.SortStableFunc(byTime, func(a, b Entry) int { return cmp.Compare(a.TsMicros, b.TsMicros) })
		for _, e := range byTime {
			if e.UserID == "u1" {
				want = append(want, e.EventID)
			}
		}
		require.Len(t, want, 100)
		for _, limit := range []int{1, 7, 100, 101, 1000} {
			require.Equal(t, want, read(PlayerEvents{UserID: "u1", Limit: limit}), limit)
		}
		require.Empty(t, read(PlayerEvents{UserID: "nobody", Limit: 10}))
		from, to := byTime[100].TsMicros, byTime[200].TsMicros
		part := slices.DeleteFunc(slices.Clone(byTime), func(e Entry) bool { return e.UserID != "u1" || e.TsMicros < from || e.TsMicros >= to })
		got := read(PlayerEvents{UserID: "u1", From: from, To: to, Limit: 9})
		require.Len(t, got, len(part))
		for i := range part {
			require.Equal(t, part[i].EventID, got[i])
		}
	})
}

// TestEventsOfAPlayerAcrossParts has his events in several ranges, whose parts are wide or narrow, with gaps between them.
func TestEventsOfAPlayerAcrossParts(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	j := open(t, s)
	var want []Place
	for i := range int64(600) {
		if i%100 == 99 {
			last := ranges(t, j)[1+i/100]
			addRange(t, s, Range{ID: last.ID + 1, First: last.Until, Until: last.Until + mostWidth>>4, partBits: ordinalBits + int(i/20)})
		}
		r := ranges(t, j)[i%(2+i/100)]
		place := Place{TsMicros: i * 7919 % 101, Seq: r.First + (i+1)<<ordinalBits + i*i*i<<17%(r.Until-r.First)}
		body, _ := event.Content(nil, &laurelv1.Event{EventId: fmt.Sprint(i), User: &laurelv1.User{Id: "u"}})
		_, err := s.Write().ExecContext(t.Context(), "INSERT INTO journal_event (id, player, event_ts, ingest_ts, partition, body) VALUES "+
			"($1, $2, $3, 1, 0, $4)", place.Seq, playerOf("u"), place.TsMicros, body)
		require.NoError(t, err)
		want = append(want, place)
	}
	slices.SortFunc(want, func(a, b Place) int { return cmp.Or(cmp.Compare(a.TsMicros, b.TsMicros), cmp.Compare(a.Seq, b.Seq)) })
	for _, limit := range []int{1, 50, 601} {
		wanted := PlayerEvents{UserID: "u", Limit: limit}
		var got []int64
		for last := false; !last; {
			var records []Record
			var err error
			records, wanted.After, last, err = j.OfPlayer(t.Context(), wanted)
			require.NoError(t, err)
			for _, r := range records {
				got = append(got, r.Seq)
			}
		}
		require.Len(t, got, len(want))
		for i := range got {
			require.Equal(t, want[i].Seq, got[i], "page of %d", limit)
		}
	}
}

// TestPartsFollowThePace has the parts of the next range hold as many events as are wanted, step by step.
func TestPartsFollowThePace(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	j := open(t, s)
	_, err := j.Append(t.Context(), []Entry{entry("first", "1")}, 1)
	require.NoError(t, err)
	fit := func(partBits int) int {
		r := Range{partBits: partBits}
		require.NoError(t, s.View(t.Context(), func(ctx context.Context, tx *store.Tx) error { return fitParts(ctx, tx, &r, 10) }))
		return r.partBits
	}
	require.Equal(t, 25, fit(25), "too few events to tell")
	for i := range 10 {
		_, err := s.Write().ExecContext(t.Context(), "INSERT INTO journal_event (id, player, event_ts, ingest_ts, partition, body) SELECT "+
			"max(id) + $1, 1, 1, 1, 0, '' FROM journal_event", 1<<20+i)
		require.NoError(t, err)
	}
	require.Equal(t, 23, fit(25), "ten events lie a little more than 10 << 20 apart")
	require.Equal(t, 23, fit(20))
	require.Equal(t, 22, fit(19), "a step at most")
	require.Equal(t, 27, fit(30))
	require.Equal(t, mostPart, fit(mostPart+partStep))
}

// TestEventsOfAPlayerAreOneIndexScan asks the databases how they would look.
func TestEventsOfAPlayerAreOneIndexScan(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j := open(t, s)
		for batch := range 5 {
			entries := make([]Entry, 1000)
			for i := range entries {
				entries[i] = entry(fmt.Sprint(batch, "/", i), "1")
			}
			_, err := j.Append(t.Context(), entries, 1)
			require.NoError(t, err)
		}
		explain := "EXPLAIN QUERY PLAN "
		if s.Dialect() == store.Postgres {
			explain = "EXPLAIN "
			_, err := s.Write().ExecContext(t.Context(), "ANALYZE journal_event")
			require.NoError(t, err)
		}
		var plan strings.Builder
		query, err := j.ofPlayer(t.Context())
		require.NoError(t, err)
		err = scanAll(t.Context(), s.Read(), explain+query, func(scan func(...any) error) error {
			var line string
			if s.Dialect() == store.Postgres {
				err := scan(&line)
				plan.WriteString(line + "\n")
				return err
			}
			var a, b, c int
			err := scan(&a, &b, &c, &line)
			plan.WriteString(line + "\n")
			return err
		}, 5, 1, 2, 3, 4, 10)
		require.NoError(t, err)
		index, all := "journal_event_player", "Seq Scan"
		if s.Dialect() == store.Postgres {
			index, all = "journal_event_1_player", "Seq Scan on journal_event_1" // the free range is empty
		}
		require.Contains(t, plan.String(), index)
		require.NotContains(t, plan.String(), all)
		require.NotContains(t, plan.String(), "SCAN journal_event")
	})
}
