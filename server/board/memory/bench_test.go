package memory_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/board/memory"
)

const (
	benchPlayers = 1_000_000
	benchBatch   = 100
)

// shape is what a board's standings look like: the values that scores and the first of two tie-breaks take. The last tie-break is a
// timestamp.
type shape struct {
	tieBytes       int
	scores, firsts int
}

// player makes a standing with a ten-byte user id.
func (s shape) player(random *rand.Rand, number int) board.Entry {
	tie := make([]byte, s.tieBytes)
	binary.BigEndian.PutUint64(tie, uint64(random.IntN(s.firsts)))
	binary.BigEndian.PutUint64(tie[s.tieBytes-8:], 1_760_000_000_000+uint64(random.IntN(86_400_000)))
	return board.Entry{UserID: fmt.Sprintf("u_%08d", number), Units: int64(random.IntN(s.scores)), Tie: string(tie)}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// updates prepares batches for players already on the board.
func (s shape) updates() []board.Batch {
	random := rand.New(rand.NewPCG(3, 4))
	batches := make([]board.Batch, 2000)
	for i := range batches {
		batches[i].Board = "bench"
		for range benchBatch {
			batches[i].Entries = append(batches[i].Entries, s.player(random, random.IntN(benchPlayers)))
		}
	}
	return batches
}

// again changes a batch's scores, so that when its turn comes once more every entry moves its player: one that changes nothing costs next
// to nothing. A score goes five eighths of the way around, and so comes back after eight turns.
func (s shape) again(entries []board.Entry) {
	for i := range entries {
		entries[i].Units = (entries[i].Units + int64(s.scores)*5/8) % int64(s.scores)
	}
}

// Each figure stands beside its yardstick: the same entries on a skip list with spans, as Redis and most leaderboard servers use it.
// An operation is one player; the engine gets them in batches of 100, as the fold delivers them.
func BenchmarkBoard(b *testing.B) {
	shapes := []struct {
		name string
		shape
	}{
		{"tie=8", shape{tieBytes: 8, scores: 5_000_000, firsts: 5000}},
		{"tie=16", shape{tieBytes: 16, scores: 5_000_000, firsts: 5000}},
		// Ten thousand players on each score, all with the same first tie-break: nearly every comparison reads two records.
		{"tied", shape{tieBytes: 16, scores: 100, firsts: 1}},
	}
	for _, s := range shapes {
		b.Run(s.name, func(b *testing.B) {
			batches := s.updates()
			b.Run("engine", func(b *testing.B) { s.benchEngine(b, batches) })
			b.Run("skiplist", func(b *testing.B) { s.benchSkipList(b, batches) })
		})
	}
}

func (s shape) benchEngine(b *testing.B, batches []board.Batch) {
	ctx := b.Context()
	before := heap()
	engine := memory.New()
	require.NoError(b, engine.Load(ctx, "bench", func(yield func(board.Entry, error) bool) {
		random := rand.New(rand.NewPCG(1, 2))
		for i := range benchPlayers {
			if !yield(s.player(random, i), nil) {
				return
			}
		}
	}, nil))
	loaded := float64(heap()-before) / benchPlayers
	users := userIDs(batches)
	seq := int64(0)
	update := func(i int) {
		batch := batches[i%len(batches)]
		seq++
		batch.Seq = seq
		if _, err := engine.Apply(ctx, []board.Batch{batch}); err != nil {
			b.Fatal(err)
		}
		s.again(batch.Entries)
	}
	rank := func(i int) {
		if _, err := engine.Rank(ctx, "bench", users[i%len(users)]); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("update+rank", func(b *testing.B) {
		for i := 0; i < b.N; i += benchBatch {
			update(i / benchBatch)
			rank(i / benchBatch)
		}
		b.ReportMetric(loaded, "B/player")
	})
	b.Run("rank", func(b *testing.B) {
		for i := 0; i < b.N; i += benchBatch {
			rank(i / benchBatch)
		}
		b.StopTimer()
		b.ReportMetric(float64(heap()-before)/benchPlayers, "B/player")
	})
	runtime.KeepAlive(engine)
}

func (s shape) benchSkipList(b *testing.B, batches []board.Batch) {
	before := heap()
	list := newSkipList()
	random := rand.New(rand.NewPCG(1, 2))
	for i := range benchPlayers {
		list.put(s.player(random, i))
	}
	loaded := float64(heap()-before) / benchPlayers
	b.Run("update+rank", func(b *testing.B) {
		for i := range b.N {
			entries := batches[i/benchBatch%len(batches)].Entries
			list.put(entries[i%benchBatch])
			_ = list.place(entries[i%benchBatch].UserID)
			if i%benchBatch == benchBatch-1 {
				s.again(entries)
			}
		}
		b.ReportMetric(loaded, "B/player")
	})
	b.Run("rank", func(b *testing.B) {
		for i := range b.N {
			_ = list.place(batches[i/benchBatch%len(batches)].Entries[i%benchBatch].UserID)
		}
		b.ReportMetric(loaded, "B/player")
	})
	runtime.KeepAlive(list)
}

func userIDs(batches []board.Batch) [][]string {
	users := make([][]string, len(batches))
	for i, batch := range batches {
		for _, e := range batch.Entries {
			users[i] = append(users[i], e.UserID)
		}
	}
	return users
}
