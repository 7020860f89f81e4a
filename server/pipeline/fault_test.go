package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/board/redis"
	"github.com/laurelhq/laurel/server/board/redis/redistest"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/ingest"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// TestThousandPostsOfOneEvent is row 1 of the faults: one row, one score, every caller is acknowledged.
func TestThousandPostsOfOneEvent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := start(t, s, options{eventClock: true})
		p.publish(t, sprint("c", "type: sum"))
		var callers sync.WaitGroup
		accepted, duplicates := make(chan struct{}, 1000), make(chan struct{}, 1000)
		for range 1000 {
			callers.Go(func() {
				results, err := p.ingest.Accept(context.WithoutCancel(t.Context()), event.SourceMain,
					[]*laurelv1.Event{spin{id: "1", user: "a", at: at(1), bet: 100, win: 100}.event()})
				switch {
				case err != nil:
					t.Error(err)
				case results[0].Status == laurelv1.EventStatus_EVENT_STATUS_ACCEPTED:
					accepted <- struct{}{}
				case results[0].Status == laurelv1.EventStatus_EVENT_STATUS_DUPLICATE:
					duplicates <- struct{}{}
				}
			})
		}
		callers.Wait()
		require.Len(t, accepted, 1)
		require.Len(t, duplicates, 999)
		p.fold(t)
		require.Equal(t, []string{"a 10000"}, p.standings(t, "c"))
	})
}

// TestRacingContentsOfOneID sends one id with two contents at once: one stands, the other is refused and kept for review.
func TestRacingContentsOfOneID(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := start(t, s, options{eventClock: true})
		var callers sync.WaitGroup
		conflicts := make(chan struct{}, 40)
		for i := range 40 {
			callers.Go(func() {
				one := spin{id: "1", user: "a", at: at(1), bet: 100, win: int64(i % 2)}
				results, err := p.ingest.Accept(context.WithoutCancel(t.Context()), event.SourceMain, []*laurelv1.Event{one.event()})
				if err != nil {
					t.Error(err)
				} else if results[0].Conflict {
					conflicts <- struct{}{}
				}
			})
		}
		callers.Wait()
		require.Len(t, conflicts, 20)
		kept, err := p.ingest.Conflicts(t.Context(), store.Listing{Limit: 10})
		require.NoError(t, err)
		require.Len(t, kept, 1)
		require.NotEqual(t, kept[0].GetSent().GetWin().GetAmountMinor(), kept[0].GetStored().GetWin().GetAmountMinor())
	})
}

// TestPausedOwnerIsFenced is row 14: a process that was paused past its lease folds the same events as the one that took over, and changes
// nothing.
func TestPausedOwnerIsFenced(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		paused := start(t, s, options{eventClock: true, now: still})
		paused.publish(t, sprint("c", "type: sum"))
		paused.send(t, spin{id: "1", user: "a", at: at(1), bet: 100, win: 100}.event())
		paused.fold(t)
		paused.send(t, spin{id: "2", user: "a", at: at(2), bet: 100, win: 100}.event())
		paused.dies(t)
		next := start(t, storetest.Again(t, s), options{eventClock: true})
		next.fold(t)
		require.Equal(t, []string{"a 20000"}, next.standings(t, "c"))
		next.send(t, spin{id: "3", user: "a", at: at(3), bet: 100, win: 100}.event())
		refused := 0
		require.Eventually(t, func() bool { // on Postgres its sessions were ended as well
			if paused.pipeline.FoldOn(t.Context()) == nil {
				return true
			}
			refused++
			return false
		}, patience, 5*time.Millisecond, "it understands that it owns nothing any more")
		require.Positive(t, refused, "the late commit fails")
		require.Equal(t, []string{"a 20000"}, next.standings(t, "c"), "the late write left no trace")
		next.fold(t)
		require.Equal(t, []string{"a 30000"}, next.standings(t, "c"))
	})
}

// TestDiskFull is row 18: nothing is acknowledged falsely, and when there is room again everything goes on.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	fill := map[store.Dialect][2]string{
		store.SQLite: {"PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1073741823"},
		store.Postgres: {`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE
			= 'disk_full'; END $$;
			CREATE TRIGGER full_disk BEFORE INSERT ON journal_event FOR EACH ROW EXECUTE FUNCTION full_disk()`,
			"DROP TRIGGER full_disk ON journal_event"},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := start(t, s, options{eventClock: true})
		p.publish(t, sprint("c", "type: sum"))
		_, err := s.Write().ExecContext(t.Context(), fill[s.Dialect()][0])
		require.NoError(t, err)
		sent, refused := 0, false
		for ; sent < 20_000 && !refused; sent++ { // a full SQLite file still has some free pages
			_, err := p.ingest.Accept(t.Context(), event.SourceMain,
				[]*laurelv1.Event{spin{id: fmt.Sprint(sent), user: "a", at: at(1), bet: 100, win: 100}.event()})
			var away *ingest.Unavailable
			if refused = errors.As(err, &away); refused {
				require.Positive(t, away.RetryAfter)
			} else {
				require.NoError(t, err)
			}
		}
		require.True(t, refused)
		require.Equal(t, "the disk of the database is full", p.ingest.Unwritable())
		_, err = s.Write().ExecContext(t.Context(), fill[s.Dialect()][1])
		require.NoError(t, err)
		p.send(t, spin{id: fmt.Sprint(sent - 1), user: "a", at: at(1), bet: 100, win: 100}.event())
		require.Empty(t, p.ingest.Unwritable())
		p.fold(t)
		require.Equal(t, []string{fmt.Sprintf("a %d", sent*10_000)}, p.standings(t, "c"), "each acknowledged event counts once")
	})
}

// TestHeartbeatTellsThatNothingCanBeWritten has a database that answers and refuses to be written.
func TestHeartbeatTellsThatNothingCanBeWritten(t *testing.T) {
	t.Parallel()
	refuse := map[store.Dialect][2]string{
		store.SQLite: {"PRAGMA query_only = 1", "PRAGMA query_only = 0"},
		store.Postgres: {`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE
			= 'disk_full'; END $$;
			CREATE TRIGGER full_disk BEFORE INSERT ON process FOR EACH ROW EXECUTE FUNCTION full_disk()`, "DROP TRIGGER full_disk ON process"},
	}
	why := map[store.Dialect]string{store.SQLite: "the database can't be written, only read",
		store.Postgres: "the disk of the database is full"}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := start(t, s, options{eventClock: true})
		require.NoError(t, p.pipeline.Beat(t.Context()))
		require.Empty(t, p.pipeline.Unwritable())
		_, err := s.Write().ExecContext(t.Context(), refuse[s.Dialect()][0])
		require.NoError(t, err)
		require.Error(t, p.pipeline.Beat(t.Context()))
		require.Equal(t, why[s.Dialect()], p.pipeline.Unwritable())
		require.NoError(t, s.Ping(t.Context()), "it answers all the same")
		_, err = s.Write().ExecContext(t.Context(), refuse[s.Dialect()][1])
		require.NoError(t, err)
		require.NoError(t, p.pipeline.Beat(t.Context()))
		require.Empty(t, p.pipeline.Unwritable())
	})
}

// TestClockJumps is part of row 19: standings follow event time, and a contest never goes back.
func TestClockJumps(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.SQLite)
	clock := clockAt(60)
	p := start(t, s, options{now: clock.now})
	p.publish(t, sprint("c", "type: sum"))
	p.send(t, spin{id: "1", user: "a", at: at(50), bet: 100, win: 100}.event())
	p.fold(t)
	require.NoError(t, p.contests.Step(t.Context()))
	clock.set(60 - 3600)
	p.send(t, spin{id: "2", user: "a", at: at(-3500), bet: 100, win: 100}.event())
	p.fold(t)
	require.NoError(t, p.contests.Step(t.Context()))
	require.Equal(t, laurelv1.ContestState_CONTEST_STATE_LIVE, p.contest(t, "c").State)
	clock.set(60 - 3600 + 5400)
	p.send(t, spin{id: "3", user: "a", at: at(1700), bet: 100, win: 100}.event())
	p.fold(t)
	require.Equal(t, []string{"a 20000"}, p.standings(t, "c"), "the event of an hour before the start does not count")
}

// TestFlushedRedisHeals is row 20: reads go on from the database, marked stale, and the board comes back with the same places.
func TestFlushedRedisHeals(t *testing.T) {
	t.Parallel()
	faults := map[string]func(*testing.T, *redistest.Server){
		"flushed":   func(t *testing.T, r *redistest.Server) { r.Flush(t) },
		"restarted": func(t *testing.T, r *redistest.Server) { r.Kill(); r.Restart(t) },
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			engine, err := redis.New(server.Client(), "laurel:")
			require.NoError(t, err)
			s := storetest.Open(t, store.Postgres)
			p := start(t, s, options{eventClock: true, engine: engine})
			p.publish(t, sprint("c", "type: best_n_rounds, n: 3, tiebreaker: [earliest_finish_ts]"))
			play := func(from, to int) {
				for i := from; i < to; i++ {
					p.send(t, spin{id: fmt.Sprint(i), user: fmt.Sprintf("u%d", i%7), at: at(i), bet: 100, win: int64(i%4) * 100}.event())
				}
				p.fold(t)
			}
			play(0, 40)
			equal := func() bool {
				_, difference, err := board.Verify(t.Context(), engine, s, "c")
				return err == nil && difference == nil
			}
			require.Eventually(t, equal, patience, 5*time.Millisecond)
			before := p.freshTop(t)
			fault(t, server)
			after, err := p.boards.Page(t.Context(), "c", 0, 10)
			require.NoError(t, err)
			require.Equal(t, before, after.Rows, "places are the same, from wherever they come")
			play(40, 80)
			require.Eventually(t, equal, patience, 5*time.Millisecond)
			p.freshTop(t)
		})
	}
}

// freshTop reads the top of contest c as soon as it comes from the board: one that takes longer than a look may counts as away.
func (p *process) freshTop(t *testing.T) (rows []board.Row) {
	t.Helper()
	require.Eventually(t, func() bool {
		page, err := p.boards.Page(t.Context(), "c", 0, 10)
		rows = page.Rows
		return err == nil && !page.Stale
	}, patience, 5*time.Millisecond)
	return rows
}

// TestReadsWithoutABoardAreMarkedStale reads while the engine is away for good.
func TestReadsWithoutABoardAreMarkedStale(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	engine, err := redis.New(server.Client(), "laurel:")
	require.NoError(t, err)
	p := start(t, storetest.Open(t, store.SQLite), options{eventClock: true, engine: engine})
	p.publish(t, sprint("c", "type: sum"))
	p.send(t, spin{id: "1", user: "a", at: at(1), bet: 100, win: 100}.event(), spin{id: "2", user: "b", at: at(1), bet: 100, win: 200}.event())
	server.Kill()
	p.fold(t)
	page, err := p.boards.Page(t.Context(), "c", 0, 10)
	require.NoError(t, err)
	require.True(t, page.Stale)
	require.EqualValues(t, 2, page.Total)
	require.Equal(t, "b", page.Rows[0].UserID)
	ranks, err := p.boards.Rank(t.Context(), "c", []string{"a", "nobody"})
	require.NoError(t, err)
	require.EqualValues(t, 2, ranks[0].Place)
	require.Zero(t, ranks[1].Place)
}

// TestPostgresRestart is row 21: callers are told to retry, then everything goes on and nothing is lost.
func TestPostgresRestart(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "laurel-restart-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	server, err := storetest.StartServer(context.WithoutCancel(t.Context()), dir, true)
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Stop() })
	s, err := store.Open(t.Context(), server.URL("postgres"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	_, err = s.Migrate(t.Context())
	require.NoError(t, err)
	p := start(t, s, options{eventClock: true})
	p.publish(t, sprint("c", "type: sum"))
	ctx, cancel := context.WithCancel(t.Context())
	folding := make(chan struct{})
	go func() { defer close(folding); p.pipeline.Run(ctx) }()
	defer func() { cancel(); <-folding }()

	acknowledged, refusals := 0, 0
	send := func(i int) bool {
		_, err := p.ingest.Accept(t.Context(), event.SourceMain,
			[]*laurelv1.Event{spin{id: fmt.Sprint(i), user: "a", at: at(1), bet: 100, win: 100}.event()})
		var away *ingest.Unavailable
		if errors.As(err, &away) {
			refusals++
			return false
		}
		require.NoError(t, err)
		acknowledged++
		return true
	}
	for i := range 50 {
		send(i)
	}
	require.NoError(t, server.Stop())
	require.False(t, send(50), "the database is away")
	require.NoError(t, server.Start(t.Context()))
	require.Eventually(t, func() bool { return send(50) }, patience, 10*time.Millisecond)
	for i := 51; i < 100; i++ {
		require.Eventually(t, func() bool { return send(i) }, patience, 10*time.Millisecond)
	}
	require.Equal(t, 100, acknowledged)
	require.Positive(t, refusals)
	require.Eventually(t, func() bool { // a connection from before the restart may fail once more
		rows, _, _, err := contest.SortedPage(t.Context(), s, "c", 0, 10, p.journal.Partitions())
		return err == nil && len(rows) == 1 && rows[0].Units == 1_000_000
	}, patience, 20*time.Millisecond)
}
