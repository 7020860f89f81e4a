package fold_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/fold"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// TestRecordsAreDecoded reads records as the journal has them: the event, where it stands, what it tells of its player, and where it goes
// back to.
func TestRecordsAreDecoded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := &laurelv1.Event{EventId: "e", Name: "login", EventTs: &timestamppb.Timestamp{Seconds: rapid.Int64Range(0, 1<<33).Draw(t, "seconds"),
			Nanos: 5000}}
		if rapid.Bool().Draw(t, "user") {
			e.User = &laurelv1.User{Id: "u"}
			if rapid.Bool().Draw(t, "tells") {
				e.User.Payer, e.User.KycLevel = proto.Bool(rapid.Bool().Draw(t, "payer")), proto.Int32(rapid.Int32Range(0, 9).Draw(t, "level"))
			}
		}
		place := fold.Place{Partition: rapid.IntRange(0, 15).Draw(t, "partition"), Seq: rapid.Int64Range(1, 1<<40).Draw(t, "seq")}
		cause := place
		if rapid.Bool().Draw(t, "emitted") {
			e.Origin = &laurelv1.Origin{EventId: "c", Depth: 1}
			if rapid.Bool().Draw(t, "of an event") { // a snapshot has no place in the journal
				cause = fold.Place{Partition: rapid.IntRange(0, 15).Draw(t, "its partition"), Seq: rapid.Int64Range(1, 1<<40).Draw(t, "its seq")}
				e.Origin.Partition, e.Origin.Seq = int32(cause.Partition), cause.Seq
			}
		}
		body, _ := event.Content(nil, e)
		record := &journal.Record{Partition: place.Partition, Seq: place.Seq, Body: body, IngestMicros: 77}
		got := fold.Decode(record)
		require.NoError(t, got.Broken)
		require.True(t, proto.Equal(e, got.Event))
		require.Equal(t, []any{place, cause, len(body), e.EventTs.Seconds*1_000_000 + 5, int64(77)},
			[]any{got.Place, got.Cause, got.Size, got.TsMicros, got.IngestMicros})
		require.Equal(t, e.GetUser().GetId(), got.UserID())
		require.Equal(t, e.GetUser().GetPayer(), got.Told.Payer != nil && *got.Told.Payer)
		require.Equal(t, e.User != nil && e.User.KycLevel != nil, got.Told.KYCLevel != nil)

		record.Body = append(slices.Clone(body), 0xff)
		broken := fold.Decode(record)
		require.Error(t, broken.Broken)
		require.True(t, proto.Equal(&laurelv1.Event{EventId: "e"}, broken.Event), "the id is told, and nothing that can't be trusted")
		require.Equal(t, []any{place, place}, []any{broken.Place, broken.Cause})
	})
}

// TestNothingLiesWithinNoPositions compares places with positions of their partitions.
func TestNothingLiesWithinNoPositions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seq := rapid.Int64Range(0, 3)
		at := journal.Positions{seq.Draw(t, "0"), seq.Draw(t, "1")}
		place := fold.Place{Partition: rapid.IntRange(0, 1).Draw(t, "partition"), Seq: seq.Draw(t, "seq")}
		require.Equal(t, place.Seq <= at[place.Partition], place.Within(at))
		require.False(t, place.Within(nil))
	})
}

// TestChainsOfEmittedEventsEnd has each event cause the next one, as the journal would hand it back: all go back to the sender's event, and
// the chain ends with an error.
func TestChainsOfEmittedEventsEnd(t *testing.T) {
	t.Parallel()
	sender := fold.Event{Event: &laurelv1.Event{EventId: "e"}, Place: fold.Place{Partition: 3, Seq: 42},
		Cause: fold.Place{Partition: 3, Seq: 42}}
	cause, out := &sender, &fold.Effects{}
	for depth := 1; ; depth++ {
		emitted := &laurelv1.Event{EventId: fmt.Sprint("laurel:", depth), Origin: &laurelv1.Origin{EventId: cause.GetEventId()}}
		if err := out.Emit(cause, emitted); err != nil {
			require.Equal(t, event.MaxDepth+1, depth)
			require.EqualError(t, err, "event laurel:9 would be the 9th emitted event in a row: at most 8 may follow from one event of a sender")
			break
		}
		require.LessOrEqual(t, depth, event.MaxDepth)
		require.True(t, proto.Equal(&laurelv1.Origin{EventId: cause.GetEventId(), Depth: int32(depth), Partition: 3, Seq: 42}, emitted.Origin))
		body, _ := event.Content(nil, emitted)
		next := fold.Decode(&journal.Record{Partition: 1, Seq: int64(100 + depth), Body: body})
		require.Equal(t, sender.Place, next.Cause)
		cause = &next
	}
	require.Len(t, out.Emitted, event.MaxDepth)
	out.Leave(cause, "c", "after_close")
	out.Bury(cause, "rule", "c", errors.New("why"))
	require.Equal(t, event.MaxDepth+2, out.Len())
	require.Equal(t, fold.Late{Place: cause.Place, ContestID: "c", EventID: "laurel:8", Reason: "after_close"}, out.Late[0])
	require.Equal(t, journal.DeadLetter{Partition: 1, Seq: 108, EventID: "laurel:8", Stage: "rule", Subject: "c", Reason: "why"}, out.Dead[0])
}

// ruin is a shelf some of whose rows can't be read.
type ruin struct {
	shelf
	damaged map[string]error
	fails   error
	loads   int
}

func (t *ruin) Load(ctx context.Context, s *store.Store, keys []fold.Key) ([]*fold.Row, error) {
	t.loads++
	rows, err := t.shelf.Load(ctx, s, keys)
	for _, row := range rows {
		row.Damaged = t.damaged[row.Subject]
	}
	return rows, errors.Join(err, t.fails)
}

// TestDamagedRowsStopTheirEventsOnly touches a row that can't be read: the event learns why, the next one is free of it, and the row is
// asked for anew by the next batch.
func TestDamagedRowsStopTheirEventsOnly(t *testing.T) {
	t.Parallel()
	opened := storetest.Open(t, store.SQLite)
	why := errors.New("cut short")
	table := &ruin{shelf: shelf{rows: map[string][]int64{"good": {1}, "bad": {2}}}, damaged: map[string]error{"bad": why}}
	tables := fold.Tables{fold.Standing: table}
	s := fold.NewScratch(&tables, fold.NewCache(0))
	for batch := 1; batch <= 2; batch++ {
		s.Want(key("good"), 0)
		s.Want(key("bad"), 0)
		require.NoError(t, s.Load(t.Context(), opened))
		require.Equal(t, batch, table.loads, "what is damaged is not kept")
		for _, touch := range []func(fold.Key) *fold.Row{s.Get, s.Edit} {
			var out fold.Effects
			s.Begin()
			mark := s.Mark(&out)
			s.Edit(key("good"))
			require.NoError(t, s.Damaged())
			touch(key("bad"))
			require.ErrorIs(t, s.Damaged(), why)
			s.Undo(mark, &out)
			s.Begin()
			require.NoError(t, s.Damaged())
		}
		state, _ := s.Edit(key("good")).State.(*tally)
		state.values = append(state.values, int64(batch))
		s.Changes(fold.Standing, func(_, after *fold.Row) { require.Equal(t, "good", after.Subject, "what was undone is not stored") })
		require.NoError(t, s.Store(t.Context(), nil))
		s.Adopt()
	}
	require.Equal(t, map[string][]int64{"good": {1, 1, 2}, "bad": {2}}, table.rows)

	table.fails = fold.ErrNewer
	s.Want(key("other"), 0)
	require.ErrorIs(t, s.Load(t.Context(), opened), fold.ErrNewer)
	s.Discard()
	table.fails = nil
	s.Want(key("good"), 0)
	require.NoError(t, s.Load(t.Context(), opened))
	require.Equal(t, []int64{1, 1, 2}, valuesOf(s.Get(key("good"))))
}

// TestChangesAreToldAsTheyWereAndAre edits some of the rows of batches, some of which are undone, and compares what is told to be changed
// with copies made by hand.
func TestChangesAreToldAsTheyWereAndAre(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		table := &shelf{rows: map[string][]int64{}}
		tables := fold.Tables{fold.Standing: table}
		s := fold.NewScratch(&tables, fold.NewCache(0))
		was := map[string][]int64{}
		subjects := []string{"a", "b", "c", "d"}
		for range rapid.IntRange(1, 4).Draw(t, "batches") {
			now := map[string][]int64{}
			for _, subject := range subjects {
				s.Want(key(subject), 0)
			}
			require.NoError(t, s.Load(context.Background(), nil))
			for range rapid.IntRange(0, 6).Draw(t, "edits") {
				var out fold.Effects
				s.Begin()
				mark, subject, value := s.Mark(&out), rapid.SampledFrom(subjects).Draw(t, "subject"), rapid.Int64Range(0, 9).Draw(t, "value")
				state, _ := s.Edit(key(subject)).State.(*tally)
				state.values = append(state.values, value)
				if rapid.IntRange(0, 2).Draw(t, "undo") == 0 {
					s.Undo(mark, &out)
					continue
				}
				if now[subject] == nil {
					now[subject] = slices.Clone(was[subject])
				}
				now[subject] = append(now[subject], value)
			}
			told := map[string][]int64{}
			s.Changes(fold.Standing, func(before, after *fold.Row) {
				require.NotContains(t, told, after.Subject, "each is told once")
				require.Equal(t, was[after.Subject], valuesOf(before))
				told[after.Subject] = slices.Clone(valuesOf(after))
			})
			require.Equal(t, now, told)
			require.NoError(t, s.Store(context.Background(), nil))
			s.Adopt()
			for subject, values := range now {
				was[subject] = values
			}
		}
	})
}
