package memory

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurelhq/laurel/server/board"
)

// requireSound checks every invariant of a board's structures against each other and against the entries it should hold.
func requireSound(t require.TestingT, r *ranking, entries map[string]board.Entry) {
	o := &r.order
	require.Equal(t, len(entries), r.index.used)
	require.EqualValues(t, len(entries), o.sizes.total)
	require.Len(t, o.firsts, len(o.chunks))
	require.Len(t, o.sizes.sizes, len(o.chunks))
	want := make([]board.Entry, 0, len(entries))
	for _, e := range entries {
		want = append(want, e)
	}
	slices.SortFunc(want, board.Compare)
	place := 0
	for ci := range o.chunks {
		size := o.sizes.of(ci)
		require.EqualValues(t, place, o.sizes.before(ci))
		require.True(t, size > 0 && size <= chunkCap || len(o.chunks) == 1, "chunk %d of %d has %d entries", ci, len(o.chunks), size)
		for i, k := range o.chunks[ci][:size] {
			if i == 0 {
				require.Equal(t, k, o.firsts[ci])
			}
			require.Equal(t, r.arena.key(k.handle), k)
			e := board.Entry{UserID: string(r.arena.user(k.handle)), Units: unitsOf(k.words[0]),
				Tie: string(r.arena.tail(k.handle)[:r.arena.tieBytes])}
			require.Equal(t, want[place], e, "place %d", place+1)
			place++
		}
	}
	require.Equal(t, len(want), place)
	requireRanks(t, r, want)
}

// requireRanks asks for all players at once, strangers among them, and for some alone.
func requireRanks(t require.TestingT, r *ranking, want []board.Entry) {
	var users []string
	var rows []board.Row
	for i := range want {
		if i%40 == 0 {
			stranger := fmt.Sprintf("stranger_%d", i)
			users = append(users, stranger)
			rows = append(rows, board.Row{Entry: board.Entry{UserID: stranger}})
			require.EqualValues(t, i+1, r.rank([]string{want[i].UserID})[0].Place)
		}
		// The seven keeps neighbours on the board from being neighbours in the question.
		place := i * 7 % len(want)
		if len(want)%7 == 0 {
			place = i
		}
		users = append(users, want[place].UserID)
		rows = append(rows, board.Row{Entry: want[place], Place: int64(place) + 1})
	}
	require.Equal(t, rows, r.rank(users))
}

// TestStructuresStaySound moves players between few and many scores, up and down, through enough of them for chunks to split and merge
// often.
func TestStructuresStaySound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		players := rapid.SampledFrom([]int{1, 2, chunkCap, chunkCap + 1, 3000}).Draw(rt, "players")
		tieBytes := rapid.SampledFrom([]int{0, 2, 8, 12}).Draw(rt, "tie bytes")
		// The longer name begins with more equal bytes than the order keeps beside the units.
		name := rapid.SampledFrom([]string{"u_%d", "player_of_the_house_%d"}).Draw(rt, "name")
		r := newRanking()
		entries := make(map[string]board.Entry)
		seq := int64(0)
		for range 3 {
			scores := rapid.SampledFrom([]int64{1, 3, 1000, 1 << 40}).Draw(rt, "scores")
			base := rapid.Int64Range(-1000, 1000).Draw(rt, "base")
			share := rapid.IntRange(1, players).Draw(rt, "share")
			batch := board.Batch{}
			for range 2 * share {
				tie := make([]byte, tieBytes)
				if tieBytes > 0 {
					tie[tieBytes-1] = byte(random.IntN(3))
				}
				e := board.Entry{UserID: fmt.Sprintf(name, random.IntN(players)), Units: base + random.Int64N(scores), Tie: string(tie)}
				entries[e.UserID] = e
				batch.Entries = append(batch.Entries, e)
			}
			seq++
			batch.Seq = seq
			result, done, err := r.tryApply(batch)
			require.NoError(rt, err)
			require.True(rt, done)
			require.Equal(rt, board.Applied, result)
			requireSound(rt, r, entries)
		}
	})
}

// TestDriftMergesChunks has all players leave their scores upwards, which empties the chunks of the low scores one after another.
func TestDriftMergesChunks(t *testing.T) {
	t.Parallel()
	const players = 20_000
	r := newRanking()
	entries := make(map[string]board.Entry)
	most := 0
	for round := range 4 {
		for i := range players {
			e := board.Entry{UserID: fmt.Sprintf("u_%d", i), Units: int64(round*players + i*7%players)}
			entries[e.UserID] = e
			require.NoError(t, r.put([]board.Entry{e}))
			most = max(most, len(r.order.chunks))
		}
		requireSound(t, r, entries)
	}
	require.Less(t, most, 3*players/chunkCap+2, "chunks stay at least a third full on average")
}

// TestHintsMayBeWrong moves keys with hints that have nothing to do with where the keys are, through splits and merges.
func TestHintsMayBeWrong(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	r := newRanking()
	entries := make(map[string]board.Entry)
	for round := range 3 {
		for i := range 2000 {
			e := board.Entry{UserID: fmt.Sprintf("player_of_the_house_%d", i), Units: int64(round) * random.Int64N(4)}
			entries[e.UserID] = e
			var from, to seat
			from.user, from.hash = e.UserID, r.index.hash(e.UserID)
			from.chunk, to.chunk = random.IntN(2*len(r.order.chunks)), random.IntN(2*len(r.order.chunks))
			require.NoError(t, r.move(&e, &from, &to))
		}
		requireSound(t, r, entries)
	}
}

// TestFullPages fills more than two pages of the arena with records of every length.
func TestFullPages(t *testing.T) {
	t.Parallel()
	a := &arena{tieBytes: 5}
	users := make(map[handle]string)
	for i := 0; len(a.pages) < 3; i++ {
		user := fmt.Sprintf("%0*d", 1+i%board.MaxUserBytes, i%10)
		h, err := a.add(user, int64(i), "tiebr")
		require.NoError(t, err)
		require.NotZero(t, h)
		users[h] = user
	}
	for h, user := range users {
		require.Equal(t, user, string(a.user(h)))
	}
	for _, page := range a.pages {
		require.LessOrEqual(t, cap(page), pageBytes)
	}
	a.pages = make([][]byte, maxPages)
	a.pages[maxPages-1] = make([]byte, pageBytes)
	_, err := a.add("u", 1, "tiebr")
	require.ErrorIs(t, err, errFull)
}
