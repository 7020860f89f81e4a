package load

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/rules"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/journal"
)

func TestLoadBodyIsWhatTheContractSays(t *testing.T) {
	t.Parallel()
	registry, err := event.NewRegistry()
	require.NoError(t, err)
	now := time.Date(2026, 11, 20, 12, 0, 0, 123_456_789, time.UTC)
	batch := &callBody{}
	for round := range 3 {
		batch.fill(rand.New(rand.NewPCG(1, uint64(round))), "run-", 100*round, 100, 50, now)
		var request laurelv1.IngestRequest
		require.NoError(t, proto.Unmarshal(batch.body, &request))
		require.Len(t, request.Events, 100)
		ids := map[string]bool{}
		for _, e := range request.Events {
			require.Nil(t, registry.Normalise(e, now, 0))
			ids[e.EventId] = true
			require.Equal(t, now.Truncate(time.Microsecond), e.EventTs.AsTime())
			require.Equal(t, "ended", e.Round.State)
			require.Equal(t, int64(2400), e.Round.GetDurationMs())
			require.InDelta(t, float64(e.Win.AmountMinor)/float64(e.Bet.AmountMinor), e.Win.GetMultiplier(), 0)
			require.LessOrEqual(t, e.Win.GetMultiplier(), 50.0)
			require.Equal(t, []string{"PragmaticPlay", "isp", "mobile", "DE", "X"}, []string{e.Game.Provider, e.Device.AsnCategory,
				e.Device.Platform, e.Market, e.Brand})
		}
		require.Len(t, ids, 100)
		require.True(t, ids[fmt.Sprintf("run-%d", 100*round)])
	}
}

func TestProbesKnowTheirScores(t *testing.T) {
	t.Parallel()
	const probes = 20 * probePlayers
	log := newProbeLog("run", time.Unix(1_800_000_000, 0), probes)
	later := newProbeLog("later", time.Unix(1_800_000_003, 0), 0)
	var rounds [probePlayers][]int64
	partitions := map[int]bool{}
	for player := range rounds {
		for round := range keptRounds {
			rounds[player] = append(rounds[player], log.points(round)*pointUnits)
		}
	}
	for k := range probes {
		number, ok := log.next(time.Unix(int64(k), 0))
		require.True(t, ok)
		require.Equal(t, k, number)
		partitions[journal.PartitionOf(log.user(k), journal.DefaultPartitions)] = true
		player := k % probePlayers
		require.Equal(t, log.users[player], log.user(k))
		rounds[player] = append(rounds[player], log.points(log.round(k))*pointUnits)
		best := slices.Sorted(slices.Values(rounds[player]))
		sum := int64(0)
		for _, units := range best[len(best)-keptRounds:] {
			sum += units
		}
		require.Equal(t, sum, log.units[k])
		require.Less(t, sum, int64(1)<<53)
		require.Greater(t, sum, log.last()*pointUnits, "the last events leave the probes in sight")
		require.Less(t, sum, later.last()*pointUnits, "and stand above the probes of a run before")
		if k >= probePlayers {
			require.Greater(t, log.units[k], log.units[k-probePlayers])
		}
	}
	require.Len(t, partitions, journal.DefaultPartitions)
	_, ok := log.next(time.Unix(0, 0))
	require.False(t, ok)
}

func TestSocketsTellProbesApart(t *testing.T) {
	t.Parallel()
	run := &run{probes: newProbeLog("run", time.Unix(1_800_000_000, 0), 40)}
	for range 40 {
		run.probes.next(time.Unix(0, 0))
	}
	w := &watchers{run: run, players: map[string]int{}}
	socket := &watcher{all: w}
	show := func(named bool, probes ...int) int64 {
		t.Helper()
		delta := &laurelv1.BoardDelta{Changed: []*laurelv1.LeaderboardRow{{PlayerKey: "stranger", Units: 1 << 50}}}
		for _, k := range probes {
			row := &laurelv1.LeaderboardRow{PlayerKey: fmt.Sprint("key-", k%probePlayers), Units: run.probes.units[k]}
			if named {
				row.UserId = run.probes.user(k)
			}
			delta.Changed = append(delta.Changed, row)
		}
		body, err := proto.Marshal(&laurelv1.ServerFrame{Frame: &laurelv1.ServerFrame_Delta{Delta: delta}})
		require.NoError(t, err)
		frame, err := w.parse(body)
		require.NoError(t, err)
		if !named {
			before := run.push.count.Load()
			socket.measure(frame.sightings, time.Unix(1, 0))
			return run.push.count.Load() - before
		}
		return 0
	}
	require.Zero(t, show(false, 0), "nobody has said yet whose row it is")
	show(true, 0, 1, 5)
	require.Equal(t, int64(2), show(false, 0, 1))
	require.Zero(t, show(false, 0, 1), "seen before")
	require.Equal(t, int64(2), show(false, 0+2*probePlayers), "one frame may bring several probes of a player")
	require.Equal(t, int64(1), show(false, 5))
	require.Zero(t, show(false, 2), "a player whose row is not known")
}

func TestSlowestSecondNeedsAWholeOne(t *testing.T) {
	t.Parallel()
	run := &run{Settings: Settings{URL: []string{"http://x"}}, probes: newProbeLog("run", time.Unix(1_800_000_000, 0), 0)}
	for second, events := range []int32{10, 400, 0, 500, 5} {
		run.counts.seconds[second].Store(events)
	}
	for took, want := range map[time.Duration]string{
		2 * time.Second: "/s\n", 2999 * time.Millisecond: "/s\n", 3 * time.Second: "/s, in the slowest second 400\n",
		4 * time.Second: "/s, in the slowest second 0\n",
	} {
		report := run.report(took, 0, &watchers{})
		require.Contains(t, report.String(), want, took)
	}
}

func TestLatencyQuantiles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		micros := rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(0, 200), rapid.Int64Range(0, 10_000_000), rapid.Int64Range(0, 1<<50)), 1, 60).
			Draw(t, "micros")
		var l latencies
		for _, m := range micros {
			l.record(time.Duration(m) * time.Microsecond)
		}
		slices.Sort(micros)
		for _, share := range []float64{0, 0.5, 0.95, 0.99} {
			exact := micros[min(len(micros)-1, int(share*float64(len(micros))))]
			got := l.quantile(share).Microseconds()
			require.GreaterOrEqual(t, got, exact)
			require.LessOrEqual(t, float64(got), math.Ceil(float64(exact)*1.04))
		}
		require.Equal(t, micros[len(micros)-1], l.quantile(1).Microseconds())
	})
	var none latencies
	require.Zero(t, none.report())
}

func TestShippedLoadContestIsTheOneThatIsReplaced(t *testing.T) {
	t.Parallel()
	require.Equal(t, 1, strings.Count(rules.Load, "id: "+shippedContest+"\n"))
	require.Contains(t, rules.Load, fmt.Sprintf("n: %d\n", keptRounds))
	require.Contains(t, rules.Load, "precision: 2\n")
}
