package contest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/fold"
	"github.com/laurelhq/laurel/server/journal"
)

const (
	borderStart = 1_761_415_200 // 2025-10-25T18:00Z
	borderEnd   = borderStart + 3600
)

// hourly is a contest of an hour with one point for each round.
func hourly(t require.TestingT) *Live {
	document, problems := catalog.Parse("", []byte("kind: Contest\nid: hour\nwindow: {start: 2025-10-25T18:00Z, end: 2025-10-25T19:00Z, "+
		"tz: UTC}\nleaderboard: {type: count}\n"))
	require.Empty(t, problems)
	definition, ok := document.Message.(*laurelv1.Contest)
	require.True(t, ok)
	d, err := Compile(1, document.Hash, definition)
	require.NoError(t, err)
	return &Live{Definition: d}
}

// play folds one event in a contest and returns the player's rounds and what is left out.
func play(t require.TestingT, c *Live, e *fold.Event) (rounds int64, out fold.Effects) {
	set := SetOf(nil, c)
	tables := fold.Tables{fold.Standing: Standings{}}
	scratch := fold.NewScratch(&tables, fold.NewCache(0))
	set.Need(e, scratch)
	require.NoError(t, scratch.Load(context.Background(), nil))
	scratch.Begin()
	set.Fold(e, set.Points(e, nil, &out), scratch, &out)
	scratch.Changes(fold.Standing, func(_, after *fold.Row) {
		require.Equal(t, KeyOf(c.ID, "u"), after.Key)
		require.Equal(t, e.Seq, after.Seq)
		rounds = Of(after).Rounds
	})
	return rounds, out
}

func roundAt(micros int64, place, cause fold.Place) *fold.Event {
	return &fold.Event{
		Event: &laurelv1.Event{
			EventId: "e", Name: "round_end", User: &laurelv1.User{Id: "u"}, EventTs: &timestamppb.Timestamp{Seconds: micros / 1e6,
				Nanos: int32(micros % 1e6 * 1e3)},
			Bet: &laurelv1.Bet{AmountMinor: 100, Currency: "EUR"}, Win: &laurelv1.Win{AmountMinor: 100, Currency: "EUR",
				Multiplier: proto.Float64(1)},
		},
		Place: place, Cause: cause, TsMicros: micros,
	}
}

// TestWindowBorders has rounds a microsecond on either side of a window's borders: the start belongs to it, the end does not.
func TestWindowBorders(t *testing.T) {
	t.Parallel()
	here := fold.Place{Partition: 0, Seq: 5}
	for micros, want := range map[int64]int64{
		borderStart*1e6 - 1: 0, borderStart * 1e6: 1, borderStart*1e6 + 1: 1, borderEnd*1e6 - 1: 1, borderEnd * 1e6: 0, borderEnd*1e6 + 1: 0,
	} {
		rounds, out := play(t, hourly(t), roundAt(micros, here, here))
		require.Equal(t, want, rounds, "%d µs after the start", micros-borderStart*1e6)
		require.Zero(t, out.Len(), "what is outside is no concern of the contest")
	}
}

// TestPositionsDecideWhatCameInTime draws where a contest opened and closed in each partition, and an event that may have been emitted
// because of another one: it counts when what caused it lies behind the opening and not behind the closing, it is told late when behind the
// closing, and it leaves no trace when it was folded before.
func TestPositionsDecideWhatCameInTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seq := rapid.Int64Range(1, 6)
		c := hourly(t)
		if rapid.Bool().Draw(t, "opened late") {
			c.OpenSeq = journal.Positions{seq.Draw(t, "open 0"), seq.Draw(t, "open 1")}
		}
		if rapid.Bool().Draw(t, "closed") {
			c.CloseSeq = journal.Positions{seq.Draw(t, "close 0"), seq.Draw(t, "close 1")}
		}
		place := fold.Place{Partition: rapid.IntRange(0, 1).Draw(t, "partition"), Seq: seq.Draw(t, "seq")}
		cause := place
		if rapid.Bool().Draw(t, "emitted") {
			cause = fold.Place{Partition: rapid.IntRange(0, 1).Draw(t, "cause's partition"), Seq: seq.Draw(t, "cause")}
		}
		before := c.OpenSeq != nil && cause.Seq <= c.OpenSeq[cause.Partition]
		late := !before && c.CloseSeq != nil && cause.Seq > c.CloseSeq[cause.Partition]
		rounds, out := play(t, c, roundAt((borderStart+1)*1e6, place, cause))
		require.Equal(t, !before && !late, rounds == 1, "%v caused by %v, opened %v, closed %v", place, cause, c.OpenSeq, c.CloseSeq)
		if !late {
			require.Zero(t, out.Len())
			return
		}
		require.Equal(t, []fold.Late{{Place: place, ContestID: c.ID, EventID: "e", UserID: "u", Reason: "after_close"}}, out.Late)
		require.Equal(t, 1, out.Len())
	})
}

// TestClosingsThatAreNotCommittedTakeNothingBack closes contests of a set for a batch: the set itself goes on taking events.
func TestClosingsThatAreNotCommittedTakeNothingBack(t *testing.T) {
	t.Parallel()
	place := fold.Place{Partition: 0, Seq: 5}
	e := roundAt((borderStart+1)*1e6, place, place)
	set := SetOf(nil, hourly(t))
	for _, at := range []int64{4, 5} {
		closed := set.WithClosed(map[string]journal.Positions{"hour": {at}})
		require.Equal(t, at < place.Seq, closed.byID["hour"].closed(e), "closed at %d", at)
		require.False(t, set.byID["hour"].closed(e))
	}
}
