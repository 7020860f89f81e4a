package boardtest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/journal"
)

func testLoadReplaces(t *testing.T, engine board.Engine) {
	load(t, engine, "b", crowd(50)...)
	// Another length of ties is another definition of the contest.
	fresh := []board.Entry{{UserID: "x", Units: 1, Tie: "12345678"}, {UserID: "u_00001", Units: 1, Tie: "12345677"}}
	load(t, engine, "b", fresh...)
	requireBoard(t, engine, "b", fresh)
	ranks, err := engine.Rank(t.Context(), "b", []string{"u_00002", "u_00001"})
	require.NoError(t, err)
	require.Zero(t, ranks[0].Place)
	require.EqualValues(t, 1, ranks[1].Place)
	load(t, engine, "b")
	requireBoard(t, engine, "b", nil)
}

func testLoadBehind(t *testing.T, engine board.Engine) {
	ctx := t.Context()
	old := []board.Entry{entry("u_1", 1, 0)}
	require.NoError(t, engine.Load(ctx, "b", Each(old...), journal.Positions{10, 0, 0, 7}))
	fresh := []board.Entry{entry("u_2", 2, 0)}
	for _, positions := range []journal.Positions{nil, {}, {10}, {9, 0, 0, 7}, {100, 0, 0, 6}, {100, 100}} {
		require.ErrorIs(t, engine.Load(ctx, "b", Each(fresh...), positions), board.ErrBehind, "%v", positions)
		requireBoard(t, engine, "b", old)
	}
	apply(t, engine, board.Batch{Board: "b", Partition: 5, Seq: 1})
	require.ErrorIs(t, engine.Load(ctx, "b", Each(fresh...), journal.Positions{10, 0, 0, 7}), board.ErrBehind)
	require.NoError(t, engine.Load(ctx, "b", Each(fresh...), journal.Positions{10, 0, 0, 7, 0, 1, 2}))
	requireBoard(t, engine, "b", fresh)
	results := apply(t, engine,
		board.Batch{Board: "b", Partition: 0, Seq: 10, Entries: old},
		board.Batch{Board: "b", Partition: 6, Seq: 2, Entries: old},
		board.Batch{Board: "b", Partition: 6, Seq: 3, Entries: old},
	)
	require.Equal(t, []board.Result{board.Skipped, board.Skipped, board.Applied}, results)
	require.NoError(t, engine.Drop(ctx, "b"))
	require.NoError(t, engine.Load(ctx, "b", Each(fresh...), nil), "a lost board has no positions to be behind of")
	requireBoard(t, engine, "b", fresh)
}

func testLoadFails(t *testing.T, engine board.Engine) {
	old := crowd(10)
	load(t, engine, "b", old...)
	broken := errors.New("the database went away")
	err := engine.Load(t.Context(), "b", func(yield func(board.Entry, error) bool) {
		for _, e := range crowd(largeBatch) {
			if !yield(e, nil) {
				return
			}
		}
		yield(board.Entry{}, broken)
	}, nil)
	require.ErrorIs(t, err, broken)
	requireBoard(t, engine, "b", old)
}

func testLoadLarge(t *testing.T, engine board.Engine) {
	entries := crowd(20_000)
	load(t, engine, "b", entries...)
	requireBoard(t, engine, "b", entries)
	for i := range entries {
		if i%2 == 0 {
			entries[i].Units = int64(i % 1000)
		}
	}
	apply(t, engine, board.Batch{Board: "b", Seq: 1, Entries: entries})
	requireBoard(t, engine, "b", entries)
}

// testLoadSwap alternates between two boards that share no row, while readers look for a mix.
func testLoadSwap(t *testing.T, engine board.Engine) {
	const players, swaps, readers = 300, 40, 3
	version := func(units int64) []board.Entry {
		entries := make([]board.Entry, players+int(units))
		for i := range entries {
			entries[i] = entry(fmt.Sprintf("u_%d", i), units, i)
		}
		return entries
	}
	load(t, engine, "b", version(0)...)
	var done atomic.Bool
	var group sync.WaitGroup
	failures := make(chan error, readers)
	for range readers {
		group.Go(func() {
			for !done.Load() {
				if err := readOneVersion(t, engine, players); err != nil {
					failures <- err
					return
				}
			}
		})
	}
	for i := range swaps {
		load(t, engine, "b", version(int64(i%2))...)
	}
	done.Store(true)
	group.Wait()
	close(failures)
	require.NoError(t, <-failures)
}

func readOneVersion(t *testing.T, engine board.Engine, players int64) error {
	page, err := engine.Page(t.Context(), "b", 0, board.MaxPage)
	if err != nil {
		return err
	}
	rows, total := page.Rows, page.Total
	ranks, err := engine.Rank(t.Context(), "b", []string{"u_1", "u_2", "u_299"})
	if err != nil {
		return err
	}
	for _, rows := range [][]board.Row{rows, ranks} {
		for _, row := range rows {
			if row.Units != rows[0].Units {
				return fmt.Errorf("row %v of one load beside row %v of another", row, rows[0])
			}
		}
	}
	if total != players+rows[0].Units || int64(len(rows)) != total {
		return fmt.Errorf("%d rows of %d where %d players were loaded", len(rows), total, players+rows[0].Units)
	}
	return nil
}

// standings is what the pipeline's database is to a board: the truth, with the position it was folded up to.
type standings struct {
	mu      sync.Mutex
	entries map[string]board.Entry
	seq     journal.Positions
}

// heal loads the board from standings until it is not behind, as the pipeline does.
func (s *standings) heal(t *testing.T, engine board.Engine) error {
	for {
		s.mu.Lock()
		var entries []board.Entry
		for _, e := range s.entries {
			entries = append(entries, e)
		}
		positions := slices.Clone(s.seq)
		s.mu.Unlock()
		err := engine.Load(t.Context(), "b", Each(entries...), positions)
		if !errors.Is(err, board.ErrBehind) {
			return err
		}
	}
}

// write is one owner of a partition: it commits to standings, then tells the board, and heals it when it is lost.
func (s *standings) write(t *testing.T, engine board.Engine, partition, batches int) error {
	for i := range batches {
		s.mu.Lock()
		s.seq[partition]++
		batch := board.Batch{Board: "b", Partition: partition, Seq: s.seq[partition]}
		for j := range 5 {
			e := entry(fmt.Sprintf("u_%d_%d", partition, (i*3+j)%40), int64((i*7+j)%10), j)
			s.entries[e.UserID] = e
			batch.Entries = append(batch.Entries, e)
		}
		s.mu.Unlock()
		results, err := engine.Apply(t.Context(), []board.Batch{batch})
		if err == nil && results[0] == board.Lost {
			err = s.heal(t, engine)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// testLoadRace has writers of three partitions, one who drops the board and one who loads it, all at once. In the end the board is what
// standings say.
func testLoadRace(t *testing.T, engine board.Engine) {
	const batches, drops = 150, 15
	s := &standings{entries: make(map[string]board.Entry), seq: make(journal.Positions, partitions)}
	var group sync.WaitGroup
	failures := make(chan error, partitions+2)
	for partition := range partitions {
		group.Go(func() { failures <- s.write(t, engine, partition, batches) })
	}
	group.Go(func() {
		for range drops {
			if err := engine.Drop(t.Context(), "b"); err != nil {
				failures <- err
				return
			}
			if err := s.heal(t, engine); err != nil {
				failures <- err
				return
			}
		}
	})
	group.Go(func() {
		for range drops {
			if err := s.heal(t, engine); err != nil {
				failures <- err
				return
			}
		}
	})
	group.Wait()
	close(failures)
	for err := range failures {
		require.NoError(t, err)
	}
	var want []board.Entry
	for _, e := range s.entries {
		want = append(want, e)
	}
	requireBoard(t, engine, "b", want)
}

// testReaders reads pages and ranks while a writer moves players: what a reader gets is always in order.
func testReaders(t *testing.T, engine board.Engine) {
	const players, batches, readers = 500, 200, 3
	entries := crowd(players)
	load(t, engine, "b", entries...)
	var done atomic.Bool
	var group sync.WaitGroup
	failures := make(chan error, readers)
	for range readers {
		group.Go(func() {
			for !done.Load() {
				if err := readInOrder(t, engine, players); err != nil {
					failures <- err
					return
				}
			}
		})
	}
	for i := range batches {
		batch := board.Batch{Board: "b", Seq: int64(i) + 1}
		for j := range 20 {
			e := &entries[(i*31+j*17)%players]
			*e = entry(e.UserID, int64((i+j)%9), j%3)
			batch.Entries = append(batch.Entries, *e)
		}
		apply(t, engine, batch)
	}
	done.Store(true)
	group.Wait()
	close(failures)
	require.NoError(t, <-failures)
	requireBoard(t, engine, "b", entries)
}

func readInOrder(t *testing.T, engine board.Engine, players int64) error {
	page, err := engine.Page(t.Context(), "b", 0, board.MaxPage)
	if err != nil {
		return err
	}
	rows, total := page.Rows, page.Total
	if total != players || int64(len(rows)) != total {
		return fmt.Errorf("%d rows of %d, %d players are on the board", len(rows), total, players)
	}
	for i := 1; i < len(rows); i++ {
		if board.Compare(rows[i-1].Entry, rows[i].Entry) >= 0 || rows[i].Place != int64(i)+1 {
			return fmt.Errorf("row %v comes after %v", rows[i], rows[i-1])
		}
	}
	ranks, err := engine.Rank(t.Context(), "b", []string{rows[0].UserID, rows[players/2].UserID})
	if err != nil {
		return err
	}
	if c := board.Compare(ranks[0].Entry, ranks[1].Entry); (c < 0) != (ranks[0].Place < ranks[1].Place) {
		return fmt.Errorf("ranks %v of one call are not in order", ranks)
	}
	return nil
}
