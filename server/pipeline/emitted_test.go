package pipeline_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/board/memory"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// match is a round of several players, each with a win of his own.
func match(id, host string, second int, wins map[string]int64) *laurelv1.Event {
	e := spin{id: id, user: host, at: at(second), bet: 100, win: 100}.event()
	for _, user := range slices.Sorted(func(yield func(string) bool) {
		for user := range wins {
			if !yield(user) {
				return
			}
		}
	}) {
		e.Participants = append(e.Participants, &laurelv1.Participant{User: &laurelv1.User{Id: user},
			Win: &laurelv1.Win{AmountMinor: wins[user]}})
	}
	return e
}

// apart returns names of players in different partitions.
func apart(count, partitions int) (names []string) {
	taken := map[int]bool{}
	for i := 0; len(names) < count; i++ {
		name := fmt.Sprint("p", i)
		if at := journal.PartitionOf(name, partitions); !taken[at] {
			taken[at] = true
			names = append(names, name)
		}
	}
	return names
}

// TestMatchCountsOnceForEachPlayer has processes die at each step of a match's way: before it is folded, between the commit that emits its
// deliveries and their folding, and between those.
func TestMatchCountsOnceForEachPlayer(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		names := apart(3, 16)
		o := options{now: still, batch: 1, lanes: 4, engine: memory.New()}
		p := start(t, s, o)
		p.publish(t, sprint("c", "type: sum"))
		p.send(t, match("m", names[0], 1, map[string]int64{names[1]: 100, names[2]: 300}))
		again := func() {
			p.stop()
			o.engine = memory.New()
			p = start(t, storetest.Again(t, s), o)
		}
		for folded := 0; folded < 3; { // the match and its two deliveries
			again()
			require.NoError(t, p.pipeline.Beat(t.Context()))
			for lane := range o.lanes {
				require.Eventually(t, func() bool { return p.pipeline.Beat(t.Context()) == nil }, patience, 5*time.Millisecond)
				events, err := p.pipeline.Turn(t.Context(), lane)
				require.NoError(t, err)
				if folded += events; events > 0 {
					break
				}
			}
			if folded < 3 {
				require.Len(t, p.standings(t, "c"), max(0, folded-1), "the host of a match gets nothing of it")
			}
		}
		again()
		p.fold(t)
		require.Equal(t, []string{names[2] + " 30000", names[1] + " 10000"}, p.standings(t, "c"))
		_, difference := p.refolded(t, "c")
		require.Empty(t, difference)
		p.equalsStandings(t, o.engine, "c", "the board has both")
	})
}

// TestAnyMessageOfABatchMayBeLost breaks the connection at each statement of a batch, before the server has heard it or before its answer
// is back. A batch that is repeated leaves nothing twice: no points, no delivery, no dead letter.
func TestAnyMessageOfABatchMayBeLost(t *testing.T) {
	t.Parallel()
	line, s := overLine(t)
	s.Fold().SetMaxIdleConns(0) // each transaction has a connection that has not heard its statements yet
	engine := memory.New()
	p := start(t, s, options{now: still, lanes: 1, engine: engine})
	p.publish(t, sprint("c", "type: sum"))
	p.publish(t, contestOf("log", "log10(win.amount_minor)", 0))
	names, caught, sent := apart(2, 16), 0, 0
	for _, text := range []string{
		"pg_advisory_xact_lock_shared", "INSERT INTO journal_event", "INSERT INTO standing", "UPDATE standing", "INSERT INTO player_page",
		"INSERT INTO dead_letter",
		"UPDATE journal_partition", commit,
	} {
		for _, f := range []fault{{loseReply: true}, {hangUp: true}} {
			p.send(t, match(fmt.Sprint("m", sent), names[0], 1, map[string]int64{names[1]: 100, fmt.Sprint("new ", sent): 0}))
			sent++
			p.readable(t, 3*sent-2)
			f.text = []byte(text)
			set := line.next(f)
			p.foldDespite(t)
			select {
			case <-set.caught:
				caught++
			default: // no batch has such a statement this time
			}
			line.next(fault{text: []byte("nothing says this")})
		}
	}
	require.GreaterOrEqual(t, caught, sent-1)
	require.Equal(t, fmt.Sprint(names[1], " ", 10_000*sent), p.standings(t, "c")[0])
	require.Len(t, p.standings(t, "c"), 1+sent)
	require.Equal(t, []string{fmt.Sprint(names[1], " ", 2*sent)}, p.standings(t, "log"))
	require.Len(t, p.letters(t), sent, "the delivery without a win is buried once for the contest that takes its logarithm")
	for _, id := range []string{"c", "log"} {
		_, difference := p.refolded(t, id)
		require.Empty(t, difference)
		p.equalsStandings(t, engine, id, "the board has what was committed without an answer")
	}
}

// TestMatchBeforeTheCloseCountsThoughItIsFoldedAfter closes a contest while a match waits to be folded. Its deliveries stand behind the
// close, and count; the contest waits for them. A match that came after the close is late for each of its players.
func TestMatchBeforeTheCloseCountsThoughItIsFoldedAfter(t *testing.T) {
	t.Parallel()
	storetest.Each(t, matchBeforeTheClose)
	t.Run("postgres that sorts as people do", func(t *testing.T) {
		t.Parallel()
		matchBeforeTheClose(t, overWords(t))
	})
}

// overWords opens a fresh Postgres database whose texts sort by the rules of a language, as many installations have them: ":" comes after
// ";" there.
func overWords(t *testing.T) *store.Store {
	t.Helper()
	address, err := url.Parse(storetest.URL(t, store.Postgres))
	require.NoError(t, err)
	plain, err := sql.Open("pgx", address.String())
	require.NoError(t, err)
	defer func() { _ = plain.Close() }()
	name := strings.TrimPrefix(address.Path, "/") + "_words"
	_, err = plain.ExecContext(t.Context(), "CREATE DATABASE "+name+" TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'")
	require.NoError(t, err)
	address.Path = "/" + name
	s, err := store.Open(t.Context(), address.String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	_, err = s.Migrate(t.Context())
	require.NoError(t, err)
	return s
}

func matchBeforeTheClose(t *testing.T, s *store.Store) {
	t.Helper()
	names := apart(3, 16)
	clock := clockAt(60)
	p := start(t, s, options{now: clock.now, batch: 1, lanes: 1})
	p.publish(t, sprint("c", "type: sum"))
	p.fold(t)
	p.send(t, match("in time", names[0], 1, map[string]int64{names[1]: 100, names[2]: 300}))
	clock.set(3700)
	require.NoError(t, p.contests.Step(t.Context()))
	require.NotNil(t, p.contest(t, "c").CloseSeq)
	p.send(t, match("too late", names[0], 2, map[string]int64{names[1]: 100, names[2]: 300}))
	p.readable(t, 2)
	require.NoError(t, p.pipeline.Beat(t.Context()))
	for range 3 { // both matches and the first delivery
		events, err := p.pipeline.Turn(t.Context(), 0)
		require.NoError(t, err)
		require.Equal(t, 1, events)
		for range 3 {
			require.NoError(t, p.contests.Step(t.Context()))
		}
		require.Equal(t, laurelv1.ContestState_CONTEST_STATE_CLOSING, p.contest(t, "c").State, "a delivery that counts is not folded yet")
	}
	p.fold(t)
	_, _, live, err := contest.SortedPage(t.Context(), s, "c", 0, 0, p.journal.Partitions())
	require.NoError(t, err)
	p.settle(t, "c")
	_, _, ended, err := contest.FinalPage(t.Context(), s, "c", 0, 0, p.journal.Partitions())
	require.NoError(t, err)
	require.Greater(t, slices.Max(live), slices.Max(p.contest(t, "c").CloseSeq), "the deliveries stand behind the close")
	for partition := range live {
		require.GreaterOrEqual(t, ended[partition], live[partition], "a board doesn't go back when it becomes final")
		require.GreaterOrEqual(t, ended[partition], p.contest(t, "c").CloseSeq[partition])
	}
	require.Equal(t, []string{names[2] + " 30000", names[1] + " 10000"}, p.standings(t, "c"))
	require.EqualValues(t, 2, p.contest(t, "c").FinalPlayers)
	late, err := s.Ent().LateEvent.Query().Count(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, late)
}

// observing is a contest whose snapshots tell the first players their place, and places one that scores them.
func observing(id string) string {
	return strings.Replace(sprint(id, "type: sum"), "leaderboard: {type: sum", "leaderboard: {observe_ranks: true, type: sum", 1)
}

func places(id, of string) string {
	return fmt.Sprintf("kind: Contest\nid: %s\nwindow: {start: 2025-10-25T18:00Z, end: 2025-10-25T19:00Z}\nscoring: {events: "+
		"[rank_observed], filter: 'payload.contest_id == %q', "+
		"formula: '11 - payload.place', precision: 0}\nleaderboard: {type: sum}\n", id, of)
}

// ranks waits until pages of board c come from the engine.
func (p *process) ranks(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		page, err := p.boards.Page(t.Context(), "c", 0, 1)
		return err == nil && !page.Sorted
	}, patience, 5*time.Millisecond)
}

// TestObservedRanksCountOnce keeps snapshots of a board whose places another contest scores. A repeat under a number that was kept before
// changes nothing.
func TestObservedRanksCountOnce(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]options{"event clock": {eventClock: true, now: time.Now}, "wall clock": {now: still}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				o := o
				o.engine = memory.New()
				p := start(t, s, o)
				p.publish(t, observing("c"))
				p.publish(t, places("places", "c"))
				for i := range 12 {
					p.send(t, spin{id: fmt.Sprint(i), user: fmt.Sprintf("u%02d", i), at: at(60), bet: 100, win: int64(12 - i)}.event())
				}
				p.fold(t)
				require.NoError(t, p.contests.Step(t.Context()))
				p.equalsStandings(t, o.engine, "c", "the board is built")
				p.ranks(t)
				require.NoError(t, p.pipeline.Snapshot(t.Context(), "c"))
				p.fold(t)
				want := make([]string, 10)
				for i := range want {
					want[i] = fmt.Sprintf("u%02d %d", i, 10-i)
				}
				require.Equal(t, want, p.standings(t, "places"), "the first ten")
				require.NoError(t, p.pipeline.Observed(t.Context(), "c", 1))
				p.fold(t)
				require.Equal(t, want, p.standings(t, "places"), "a repeat")
				require.NoError(t, p.pipeline.Snapshot(t.Context(), "c"))
				p.fold(t)
				require.Equal(t, "u00 20", p.standings(t, "places")[0], "the next one counts again")
				require.NoError(t, p.contests.Step(t.Context()))
				require.Equal(t, laurelv1.ContestState_CONTEST_STATE_LIVE, p.contest(t, "c").State, "to look at a board doesn't move a clock")
				_, difference := p.refolded(t, "places")
				require.Empty(t, difference)
				require.Empty(t, p.letters(t))
			})
		})
	}
}

// TestObservedRanksOfTwoLeadersCountOnce has two processes that both take themselves for the leader keep snapshots at once.
func TestObservedRanksOfTwoLeadersCountOnce(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	engine, _ := redisEngine(t)
	a := start(t, s, options{now: still, engine: engine, shared: true})
	a.publish(t, observing("c"))
	a.publish(t, places("places", "c"))
	a.send(t, spin{id: "1", user: "u", at: at(1), bet: 100, win: 1}.event())
	a.fold(t)
	require.NoError(t, a.contests.Step(t.Context()))
	a.equalsStandings(t, engine, "c", "the board is built")
	b := start(t, storetest.Again(t, s), options{now: still, engine: engine, shared: true})
	for _, p := range []*process{a, b} {
		p.ranks(t)
	}
	var both sync.WaitGroup
	for _, p := range []*process{a, b} {
		both.Go(func() {
			for range 10 {
				if err := p.pipeline.Snapshot(t.Context(), "c"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	both.Wait()
	a.fold(t)
	kept, err := s.Ent().ContestSnapshot.Query().Count(t.Context())
	require.NoError(t, err)
	require.GreaterOrEqual(t, kept, 10)
	require.Equal(t, []string{fmt.Sprint("u ", 10*kept)}, a.standings(t, "places"), "as many observations as snapshots")
}

// TestContestThatWouldFeedItselfIsRefused names the field.
func TestContestThatWouldFeedItselfIsRefused(t *testing.T) {
	t.Parallel()
	p := start(t, storetest.Open(t, store.SQLite), options{now: still})
	itself := strings.Replace(places("c", "c"), "leaderboard: {", "leaderboard: {observe_ranks: true, ", 1)
	_, _, err := p.catalog.Publish(t.Context(), catalog.Publication{Yaml: itself, By: "test"})
	var refused *catalog.Invalid
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "leaderboard.observe_ranks", refused.Problems[0].Field)
	require.Contains(t, refused.Problems[0].Message, "feed itself")
}

// TestIdlePartitionsAreNotBehind has one player play and nobody else. Boards show all there is of the others' partitions, so nothing is
// behind.
func TestIdlePartitionsAreNotBehind(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		clock, engine := clockAt(60), memory.New()
		p := start(t, s, options{now: clock.now, lanes: 4, engine: engine})
		p.publish(t, sprint("c", "type: sum"))
		p.send(t, spin{id: "first", user: "a", at: at(1), bet: 100, win: 100}.event())
		p.fold(t)
		p.equalsStandings(t, engine, "c", "the board is built after the first batch")
		for second := 61; second < 72; second++ {
			clock.set(second)
			if second < 64 {
				p.send(t, spin{id: fmt.Sprint(second), user: "a", at: at(1), bet: 100, win: 100}.event())
			}
			p.fold(t)
		}
		require.Eventually(t, func() bool {
			clock.set(int(clock.now().Sub(windowStart)/time.Second) + 1)
			require.NoError(t, p.pipeline.CatchUp(t.Context()))
			return !p.pipeline.Behind()
		}, patience, 5*time.Millisecond)
	})
}
