package telemetry_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/board/redis/redistest"
	"github.com/laurelhq/laurel/server/telemetry"
)

func TestMain(m *testing.M) { redistest.Main(m) }

func TestPulseHoldsOnePointASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now().Unix()
		figures := telemetry.New(time.Now)
		figures.SocketOpened()
		figures.SocketOpened()
		figures.SocketClosed()
		figures.ObserveIngest(8*time.Microsecond, 90, 7, 3)
		figures.ObserveRule(100*time.Microsecond, 42)
		figures.ObserveBoard(200 * time.Microsecond)
		figures.ObservePush(64*time.Millisecond, 1000)
		figures.SetLag(1500*time.Millisecond, 12)
		require.Empty(t, figures.Pulse(10), "the running second is not shown")

		time.Sleep(3 * time.Second)
		figures.ObserveIngest(4*time.Microsecond, 1, 0, 0)
		time.Sleep(time.Second)

		points := figures.Pulse(10)
		require.Len(t, points, 4)
		first := points[0]
		require.Equal(t, start, first.GetAt().GetSeconds())
		require.Equal(t, []int64{90, 7, 3, 42}, []int64{first.GetAccepted(), first.GetDuplicates(), first.GetRejected(), first.GetFolded()})
		require.Equal(t, int64(1500), first.GetLagMs())
		require.Equal(t, int64(1), first.GetSockets())
		require.Equal(t, int64(8), p95(first, "ingest"))
		require.InDelta(t, 100, p95(first, "rule"), 100.0/8)
		require.InDelta(t, 200, p95(first, "board"), 200.0/8)
		require.InDelta(t, 64_000, p95(first, "push"), 64_000.0/8)
		require.Len(t, first.GetStages(), 4)
		for _, took := range first.GetStages() {
			require.LessOrEqual(t, took.GetP50Micros(), took.GetP95Micros())
			require.LessOrEqual(t, took.GetP95Micros(), took.GetP99Micros())
		}
		require.Empty(t, points[1].GetStages(), "a stage that did nothing took no time")
		for i, quiet := range points[1:3] {
			require.Equal(t, start+int64(i)+1, quiet.GetAt().GetSeconds())
			require.Zero(t, quiet.GetAccepted()+p95(quiet, "ingest")+p95(quiet, "push"))
			require.Equal(t, int64(1), quiet.GetSockets(), "sockets stay open through a quiet second")
		}
		require.Equal(t, int64(1), points[3].GetAccepted())
		require.Equal(t, int64(4), p95(points[3], "ingest"), "a second's percentile forgets the seconds before")
	})
}

func TestPulseIsBoundedAndSurvivesLongSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		figures := telemetry.New(time.Now)
		figures.ObserveIngest(time.Millisecond, 5, 0, 0)
		time.Sleep(100 * time.Hour)
		points := figures.Pulse(10_000)
		require.Len(t, points, telemetry.PulseSeconds)
		for i, point := range points {
			require.Equal(t, time.Now().Unix()-telemetry.PulseSeconds+int64(i), point.GetAt().GetSeconds())
			require.Zero(t, point.GetAccepted(), "what was counted before the ring began is not in it")
		}
		require.Len(t, figures.Pulse(0), 120)
	})
}

func TestPulseLosesNoCount(t *testing.T) {
	t.Parallel()
	const writers, each = 8, 2000
	clock := struct {
		sync.Mutex
		at time.Time
	}{at: time.Unix(1_000_000, 0)}
	figures := telemetry.New(func() time.Time {
		clock.Lock()
		defer clock.Unlock()
		clock.at = clock.at.Add(time.Millisecond)
		return clock.at
	})
	var done sync.WaitGroup
	for range writers {
		done.Go(func() {
			for range each {
				figures.ObserveIngest(time.Millisecond, 1, 0, 0)
			}
		})
	}
	done.Wait()
	clock.Lock()
	clock.at = clock.at.Add(2 * time.Second)
	clock.Unlock()
	var accepted int64
	for _, point := range figures.Pulse(telemetry.PulseSeconds) {
		accepted += point.GetAccepted()
	}
	require.Equal(t, int64(writers*each), accepted)
}

func TestObservingDoesNotAllocate(t *testing.T) {
	figures := telemetry.New(time.Now)
	allocations := testing.AllocsPerRun(1000, func() {
		figures.ObserveIngest(time.Millisecond, 1, 2, 3)
		figures.ObserveRule(time.Millisecond, 100)
		figures.ObserveBoard(time.Millisecond)
		figures.ObservePush(time.Millisecond, 10)
		figures.SetLag(time.Millisecond, 10)
	})
	require.Zero(t, allocations)
}

func BenchmarkObserveIngest(b *testing.B) {
	figures := telemetry.New(time.Now)
	b.ReportAllocs()
	for b.Loop() {
		figures.ObserveIngest(time.Millisecond, 1, 0, 0)
	}
}

// p95 finds a stage's percentile in a point; 0 when the stage did nothing.
func p95(point *laurelv1.PulsePoint, stage string) int64 {
	for _, took := range point.GetStages() {
		if took.GetStage() == stage {
			return took.GetP95Micros()
		}
	}
	return 0
}
