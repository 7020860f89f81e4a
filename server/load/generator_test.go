package load

import (
	"bytes"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
)

// TestRoundsFollowTheirSeed makes batches of any size: the same ones from the same seed, in a used buffer as in a new one, and all of them
// what the checks of events take.
func TestRoundsFollowTheirSeed(t *testing.T) {
	t.Parallel()
	registry, err := event.NewRegistry()
	require.NoError(t, err)
	used := &callBody{}
	rapid.Check(t, func(t *rapid.T) {
		seed, worker := rapid.Uint64().Draw(t, "seed"), rapid.Uint64Range(0, 255).Draw(t, "worker")
		count, players := rapid.IntRange(1, 200).Draw(t, "count"), rapid.IntRange(1, 1000).Draw(t, "players")
		first := rapid.IntRange(0, 1_000_000).Draw(t, "first")
		at := time.UnixMicro(rapid.Int64Range(1_600_000_000_000_000, 1_900_000_000_000_000).Draw(t, "at"))
		fill := func(into *callBody, seed uint64) []byte {
			into.fill(rand.New(rand.NewPCG(seed, worker)), "p-", first, count, players, at)
			return into.body
		}
		body := fill(&callBody{}, seed)
		require.True(t, bytes.Equal(body, fill(used, seed)))
		if count > 10 && players > 1 {
			require.False(t, bytes.Equal(body, fill(used, seed+1)))
		}
		var request laurelv1.IngestRequest
		require.NoError(t, proto.Unmarshal(body, &request))
		require.Len(t, request.GetEvents(), count)
		for i, e := range request.GetEvents() {
			require.Nil(t, registry.Normalise(e, at, 0))
			require.Equal(t, "p-"+strconv.Itoa(first+i), e.GetEventId())
			number, err := strconv.Atoi(e.GetUser().GetId()[len("load_"):])
			require.NoError(t, err)
			require.Less(t, number, players)
			require.True(t, e.GetBet().GetAmountMinor() >= 50 && e.GetBet().GetAmountMinor() <= 400 && e.GetBet().GetAmountMinor()%50 == 0)
			require.True(t, e.GetWin().GetAmountMinor() >= 0 && e.GetWin().GetAmountMinor() <= 50*e.GetBet().GetAmountMinor())
			require.True(t, e.GetEventTs().AsTime().Equal(at))
		}
	})
}

// TestRoundsHaveTheSharesThatAreTold counts thirty thousand rounds of one seed.
func TestRoundsHaveTheSharesThatAreTold(t *testing.T) {
	t.Parallel()
	const rounds, players = 30_000, 20
	batch := &callBody{}
	batch.fill(rand.New(rand.NewPCG(1, 2)), "", 0, rounds, players, time.Unix(1_800_000_000, 0))
	var request laurelv1.IngestRequest
	require.NoError(t, proto.Unmarshal(batch.body, &request))
	won, small, stakes, by := 0, 0, map[int64]int{}, map[string]int{}
	for _, e := range request.GetEvents() {
		by[e.GetUser().GetId()]++
		stakes[e.GetBet().GetAmountMinor()]++
		if e.GetWin().GetAmountMinor() > 0 {
			won++
		}
		if e.GetWin().GetAmountMinor() > 0 && e.GetWin().GetMultiplier() < 2 {
			small++
		}
	}
	require.InDelta(t, rounds/3, won, rounds/100, "one in three wins")
	require.Greater(t, small, won/2, "small wins more often than big ones")
	require.Len(t, stakes, 8)
	require.Len(t, by, players)
	for player, count := range by {
		require.InDelta(t, rounds/players, count, rounds/players/5, player)
	}
}

// TestBatchesAreDueAtTheirRate takes any number of batches: each is due when the events before it were, at the rate that was asked for.
func TestBatchesAreDueAtTheirRate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := &schedule{
			rate: rapid.IntRange(0, 1_000_000).Draw(t, "rate"), batch: rapid.IntRange(1, 1000).Draw(t, "batch"), began: time.Unix(1_800_000_000, 0),
		}
		for n := range rapid.IntRange(1, 50).Draw(t, "batches") {
			number, due := s.take()
			require.Equal(t, n, number)
			if s.rate == 0 {
				require.True(t, due.IsZero(), "at once")
				continue
			}
			exact := float64(n*s.batch) / float64(s.rate)
			require.InDelta(t, exact, due.Sub(s.began).Seconds(), 1e-6*max(1, exact))
		}
	})
}
