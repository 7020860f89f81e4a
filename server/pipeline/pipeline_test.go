package pipeline_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/board/memory"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

func at(seconds int) time.Time { return windowStart.Add(time.Duration(seconds) * time.Second) }

func TestScoringModels(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, ranking string
		given         []spin
		want          []string
	}{
		{"sum adds every round", "type: sum", []spin{
			{id: "1", user: "a", at: at(1), bet: 100, win: 100}, {id: "2", user: "a", at: at(2), bet: 100, win: 50},
			{id: "3", user: "b", at: at(3), bet: 100, win: 140},
		}, []string{"a 15000", "b 14000"}},
		{"best two of three", "type: best_n_rounds, n: 2", []spin{
			{id: "1", user: "a", at: at(1), bet: 100, win: 10}, {id: "2", user: "a", at: at(2), bet: 100, win: 30},
			{id: "3", user: "a", at: at(3), bet: 100, win: 20},
		}, []string{"a 5000"}},
		{"max multiplier keeps one round", "type: max_multiplier", []spin{
			{id: "1", user: "a", at: at(1), bet: 100, win: 700}, {id: "2", user: "a", at: at(2), bet: 100, win: 300},
			{id: "3", user: "b", at: at(3), bet: 100, win: 400},
		}, []string{"a 70000", "b 40000"}},
		{"last follows event time, not arrival", "type: last", []spin{
			{id: "1", user: "a", at: at(9), bet: 100, win: 1}, {id: "2", user: "a", at: at(2), bet: 100, win: 9},
		}, []string{"a 100"}},
		{"first to reach wins a tie", "type: sum, tiebreaker: [earliest_finish_ts]", []spin{
			{id: "1", user: "a", at: at(5), bet: 100, win: 100}, {id: "2", user: "b", at: at(4), bet: 100, win: 100},
		}, []string{"b 10000", "a 10000"}},
		{"a round without points does not move the finish", "type: best_n_rounds, n: 5, tiebreaker: [earliest_finish_ts]", []spin{
			{id: "1", user: "a", at: at(1), bet: 100, win: 100}, {id: "2", user: "b", at: at(2), bet: 100, win: 100},
			{id: "3", user: "a", at: at(9), bet: 100, win: 0},
		}, []string{"a 10000", "b 10000"}},
		{"fastest rounds", "type: sum, tiebreaker: [fastest_rounds]", []spin{
			{id: "1", user: "a", at: at(1), bet: 100, win: 100, duration: 3000}, {id: "2", user: "b", at: at(2), bet: 100, win: 100, duration: 2000},
		}, []string{"b 10000", "a 10000"}},
		{"user id decides last", "type: sum", []spin{
			{id: "1", user: "b", at: at(1), bet: 100, win: 100}, {id: "2", user: "a", at: at(2), bet: 100, win: 100},
		}, []string{"a 10000", "b 10000"}},
		{"outside window and scope", "type: sum", []spin{
			{id: "1", user: "a", at: at(-1), bet: 100, win: 100}, {id: "2", user: "a", at: at(3600), bet: 100, win: 100},
			{id: "3", user: "a", at: at(1), bet: 100, win: 100, market: "SE"}, {id: "4", user: "b", at: at(0), bet: 100, win: 1},
		}, []string{"b 100"}},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for i, c := range cases {
			p := start(t, s, options{eventClock: true})
			id := "c" + string(rune('a'+i))
			p.publish(t, sprint(id, c.ranking))
			for _, g := range c.given {
				g.id, g.user = id+g.id, id+g.user
				p.send(t, g.event())
			}
			p.fold(t)
			want := make([]string, len(c.want))
			for k, line := range c.want {
				want[k] = id + line
			}
			require.Equal(t, want, p.standings(t, id), c.name)
			p.stop()
		}
	})
}

// TestBestKeepsScoreAndTieBreakOfTheSameRound is the mix one well-known server stores: (100, 50) after (100, 5) and (90, 50).
func TestBestKeepsScoreAndTieBreakOfTheSameRound(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.SQLite)
	p := start(t, s, options{eventClock: true})
	p.publish(t, sprint("c", "type: best_n_rounds, n: 1, tiebreaker: [highest_single_multiplier]"))
	p.send(t, spin{id: "1", user: "a", at: at(1), bet: 100, win: 100, multiplier: 5}.event(),
		spin{id: "2", user: "a", at: at(2), bet: 100, win: 90, multiplier: 50}.event(),
		spin{id: "3", user: "b", at: at(3), bet: 100, win: 100, multiplier: 7}.event())
	p.fold(t)
	require.Equal(t, []string{"b 10000", "a 10000"}, p.standings(t, "c"))
	why, err := p.contests.Explain(t.Context(), "c", "a", "b")
	require.NoError(t, err)
	require.Equal(t, "highest_single_multiplier", why.GetDecidedBy())
	require.EqualValues(t, 7_000_000, why.GetValues()[1].GetAbove())
	require.EqualValues(t, 5_000_000, why.GetValues()[1].GetBelow())
	require.Equal(t, "1", why.GetBelow().GetKept()[0].GetEventId())
}

func TestRateLimitCountsByEventTime(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.SQLite)
	p := start(t, s, options{eventClock: true})
	p.publish(t, sprint("c", "type: count", "anti_abuse: {max_rps_per_user: 0.5}"))
	for i, second := range []int{10, 11, 12, 9, 14, 30, 8} { // 11 and 9 lie within two seconds of 10; 8 does not
		p.send(t, spin{id: string(rune('a' + i)), user: "u", at: at(second), bet: 100, win: 1}.event())
	}
	p.fold(t)
	require.Equal(t, []string{"u 500"}, p.standings(t, "c"), "10, 12, 14, 30 and 8 count; a point each at precision 2")
}

func TestRepeatChangesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := start(t, s, options{eventClock: true})
		p.publish(t, sprint("c", "type: sum"))
		one := spin{id: "1", user: "a", at: at(1), bet: 100, win: 100}
		p.send(t, one.event())
		p.fold(t)
		results, err := p.ingest.Accept(t.Context(), event.SourceMain, []*laurelv1.Event{one.event()})
		require.NoError(t, err)
		require.Equal(t, laurelv1.EventStatus_EVENT_STATUS_DUPLICATE, results[0].Status)
		one.win = 999
		results, err = p.ingest.Accept(t.Context(), event.SourceMain, []*laurelv1.Event{one.event()})
		require.NoError(t, err)
		require.Equal(t, laurelv1.EventStatus_EVENT_STATUS_REJECTED, results[0].Status)
		require.True(t, results[0].Conflict)
		p.fold(t)
		require.Equal(t, []string{"a 10000"}, p.standings(t, "c"))
	})
}

func TestContestClosesOnceAndFreezes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		clock := clockAt(-3600)
		p := start(t, s, options{now: clock.now})
		p.publish(t, sprint("c", "type: sum"))
		require.NoError(t, p.contests.Step(t.Context()))
		require.Equal(t, laurelv1.ContestState_CONTEST_STATE_SCHEDULED, p.contest(t, "c").State)
		clock.set(60)
		p.send(t, spin{id: "1", user: "a", at: at(50), bet: 100, win: 100}.event())
		p.fold(t)
		require.NoError(t, p.contests.Step(t.Context()))
		require.Equal(t, laurelv1.ContestState_CONTEST_STATE_LIVE, p.contest(t, "c").State)
		clock.set(3630)
		require.NoError(t, p.contests.Step(t.Context()))
		require.Equal(t, laurelv1.ContestState_CONTEST_STATE_CLOSING, p.contest(t, "c").State)
		p.send(t, spin{id: "late but in grace", user: "b", at: at(3599), bet: 100, win: 300}.event())
		clock.set(3661)
		require.NoError(t, p.contests.Step(t.Context()))
		require.Equal(t, laurelv1.ContestState_CONTEST_STATE_CLOSING, p.contest(t, "c").State, "an accepted event is not folded yet")
		p.send(t, spin{id: "too late", user: "b", at: at(3598), bet: 100, win: 300}.event())
		p.fold(t)
		require.Eventually(t, func() bool {
			require.NoError(t, p.contests.Step(t.Context()))
			return p.contest(t, "c").State == laurelv1.ContestState_CONTEST_STATE_FINAL
		}, patience, 5*time.Millisecond)
		frozen := p.contest(t, "c")
		require.Len(t, frozen.ResultHash, 64)
		require.EqualValues(t, 2, frozen.FinalPlayers)
		late, err := s.Ent().LateEvent.Query().All(t.Context())
		require.NoError(t, err)
		require.Len(t, late, 1, "a decision is recorded for every late event")
		require.Equal(t, "too late", late[0].EventID)
		require.Equal(t, []string{"b 30000", "a 10000"}, p.standings(t, "c"))
		require.NoError(t, p.contests.Step(t.Context()))
		count, err := s.Ent().FinalStanding.Query().Count(t.Context())
		require.NoError(t, err)
		require.Equal(t, 2, count)
	})
}

func TestContestThatEndedWhileDownIsFinalAtNextStart(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		clock := clockAt(60)
		first := start(t, s, options{now: clock.now})
		first.publish(t, sprint("c", "type: sum"))
		first.send(t, spin{id: "1", user: "a", at: at(50), bet: 100, win: 100}.event())
		first.stop()
		clock.set(90_000)
		second := start(t, s, options{now: clock.now})
		require.Eventually(t, func() bool {
			require.NoError(t, second.contests.Step(t.Context()))
			second.fold(t)
			return second.contest(t, "c").State == laurelv1.ContestState_CONTEST_STATE_FINAL
		}, patience, 5*time.Millisecond)
		require.EqualValues(t, 1, second.contest(t, "c").FinalPlayers, "the accepted event counts though the fold had not seen it")
	})
}

func TestEventClockClosesByItsOwnMarket(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := start(t, s, options{eventClock: true})
		p.publish(t, sprint("c", "type: sum"))
		p.send(t, spin{id: "other market, a month on", user: "x", at: at(2_600_000), bet: 100, win: 100, market: "TR"}.event())
		p.send(t, spin{id: "1", user: "a", at: at(5), bet: 100, win: 100}.event())
		p.fold(t)
		require.NoError(t, p.contests.Step(t.Context()))
		require.Equal(t, laurelv1.ContestState_CONTEST_STATE_LIVE, p.contest(t, "c").State)
		p.send(t, spin{id: "past the grace", user: "a", at: at(3700), bet: 100, win: 100}.event(),
			spin{id: "late", user: "a", at: at(6), bet: 100, win: 100}.event())
		p.fold(t)
		require.NoError(t, p.contests.Step(t.Context()))
		require.Equal(t, laurelv1.ContestState_CONTEST_STATE_FINAL, p.contest(t, "c").State)
		require.Equal(t, []string{"a 10000"}, p.standings(t, "c"))
	})
}

func TestPoisonGoesToTheDeadLettersAndTheRestGoesOn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := start(t, s, options{eventClock: true})
		p.publish(t, sprint("c", "type: sum"))
		_, err := p.journal.Append(t.Context(), poison(), 1)
		require.NoError(t, err)
		p.send(t, spin{id: "1", user: "a", at: at(5), bet: 100, win: 100}.event())
		p.fold(t)
		require.Equal(t, []string{"a 10000"}, p.standings(t, "c"))
		letters, err := s.Ent().DeadLetter.Query().All(t.Context())
		require.NoError(t, err)
		require.Len(t, letters, 1)
		require.Contains(t, letters[0].Reason, "decode event")
	})
}

func TestBoardEqualsStandings(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		engine := memory.New()
		p := start(t, s, options{eventClock: true, engine: engine})
		p.publish(t, sprint("c", "type: best_n_rounds, n: 3, tiebreaker: [highest_single_multiplier, earliest_finish_ts]"))
		for i := range 300 {
			p.send(t, spin{id: string(rune(0x4e00 + i)), user: string(rune('a' + i%17)), at: at(i), bet: 100, win: int64(i*7919%13) * 10}.event())
			if i%50 == 0 {
				p.fold(t)
			}
		}
		p.fold(t)
		require.Eventually(t, func() bool {
			_, difference, err := board.Verify(t.Context(), engine, s, "c")
			return err == nil && difference == nil
		}, patience, 10*time.Millisecond)
	})
}
