package telemetry

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/board/redis/redistest"
)

// began is the second in which the clocks of these tests begin.
const began = 1_000_000

// installation is some processes with one clock that only the test moves.
type installation struct {
	t      *testing.T
	client *goredis.Client
	now    atomic.Int64
}

func newInstallation(t *testing.T, server *redistest.Server) *installation {
	t.Helper()
	options := redistest.Options(server.Addr)
	options.MaxRetries, options.DialerRetries = -1, 1
	i := &installation{t: t, client: goredis.NewClient(options)}
	i.now.Store(began)
	t.Cleanup(func() { require.NoError(t, i.client.Close()) })
	return i
}

func (i *installation) process() *Telemetry {
	figures := New(func() time.Time { return time.Unix(i.now.Load(), 0) })
	figures.join()
	return figures
}

// pass lets one second pass and has processes exchange it.
func (i *installation) pass(processes ...*Telemetry) {
	i.t.Helper()
	i.now.Add(1)
	for _, process := range processes {
		require.NoError(i.t, process.exchange(i.t.Context(), i.client, "laurel:"))
	}
}

// at finds a second in an answer.
func at(t *testing.T, points []*laurelv1.PulsePoint, second int64) *laurelv1.PulsePoint {
	t.Helper()
	for _, point := range points {
		if point.GetAt().GetSeconds() == second {
			return point
		}
	}
	require.Fail(t, "second not shown", "%d of %v", second, points)
	return nil
}

func TestPulseIsThatOfAllProcesses(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, redistest.Start(t))
	one, other := i.process(), i.process()
	one.ObserveIngest(8*time.Microsecond, 90, 7, 3)
	one.SetLag(2*time.Second, 5)
	one.SocketOpened()
	one.ObservePush(time.Millisecond, 95)
	other.ObserveIngest(8*time.Microsecond, 10, 1, 2)
	other.ObserveRule(time.Millisecond, 50)
	other.SetLag(time.Second, 5)
	other.SocketOpened()
	other.SocketOpened()
	other.ObservePush(16*time.Millisecond, 100)
	i.pass(one, other)
	require.Empty(t, one.Pulse(10), "others may still be writing the second that has just ended")
	i.pass(one, other)
	for _, process := range []*Telemetry{one, other} {
		points := process.Pulse(10)
		require.Len(t, points, 1)
		point := points[0]
		require.EqualValues(t, began, point.GetAt().GetSeconds())
		require.Equal(t, []int64{100, 8, 5, 50}, []int64{point.GetAccepted(), point.GetDuplicates(), point.GetRejected(), point.GetFolded()})
		require.EqualValues(t, 2000, point.GetLagMs(), "of the process that lags most")
		require.EqualValues(t, 3, point.GetSockets())
		require.EqualValues(t, 8, p95(point, "ingest"))
		require.InDelta(t, 16_000, p95(point, "push"), 2000, "of all that was counted, not of the percentiles")
	}
	late := i.process()
	i.pass(late)
	i.pass(late)
	require.EqualValues(t, 100, at(t, late.Pulse(10), began).GetAccepted(), "a process that joins shows what was before it")
	require.Positive(t, i.client.TTL(t.Context(), secondKey("laurel:", began)).Val())
}

func TestPulseTakesInWhatComesLate(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, redistest.Start(t))
	one, slow := i.process(), i.process()
	one.ObserveIngest(time.Millisecond, 1, 0, 0)
	slow.ObserveIngest(time.Millisecond, 2, 0, 0)
	i.pass(one)
	i.pass(one)
	require.EqualValues(t, 1, at(t, one.Pulse(10), began).GetAccepted())
	i.pass(slow, one)
	require.EqualValues(t, 3, at(t, one.Pulse(10), began).GetAccepted())
}

func TestPulseOfOneProcessWhileRedisIsAway(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	i := newInstallation(t, server)
	one, other := i.process(), i.process()
	i.pass(one, other)
	i.pass(one, other)
	server.Kill()
	for range 2 * maxHanded {
		i.now.Add(1)
		one.ObserveIngest(time.Millisecond, 1, 0, 0)
	}
	require.Error(t, one.exchange(t.Context(), i.client, "laurel:"))
	points := one.Pulse(10)
	require.Len(t, points, 10)
	require.EqualValues(t, i.now.Load()-1, points[9].GetAt().GetSeconds(), "its own figures, up to now")
	require.EqualValues(t, 1, points[8].GetAccepted())
	require.Len(t, one.pulse.together.handed, maxHanded)

	server.Restart(t)
	require.Eventually(t, func() bool { return i.client.Ping(t.Context()).Err() == nil }, time.Minute, 10*time.Millisecond)
	i.pass(other, one)
	i.pass(other, one)
	i.pass(other)
	require.Empty(t, one.pulse.together.handed)
	require.EqualValues(t, 1, at(t, other.Pulse(10), i.now.Load()-4).GetAccepted(), "what waited is shared afterwards")
}

func TestShareExchangesEachSecond(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, redistest.Start(t))
	figures := New(time.Now)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); figures.Share(ctx, i.client, "laurel:", slog.New(slog.DiscardHandler)) }()
	defer func() { cancel(); <-done }()
	require.Eventually(t, func() bool {
		figures.pulse.mu.Lock()
		defer figures.pulse.mu.Unlock()
		return figures.pulse.together.first > 0
	}, time.Minute, 10*time.Millisecond)
}

func TestSecondSurvivesItsEncoding(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var want, got second
		for _, number := range want.numbers() {
			*number = rapid.Int64().Draw(t, "number")
		}
		for i := range want.latency {
			for range rapid.IntRange(0, 12).Draw(t, "filled") {
				want.latency[i][rapid.IntRange(0, buckets-1).Draw(t, "bucket")] = rapid.Uint64().Draw(t, "count")
			}
		}
		text := want.encode()
		require.NoError(t, got.decode(text))
		require.Equal(t, want, got)
		cut := rapid.IntRange(0, len(text)-1).Draw(t, "cut")
		require.Error(t, got.decode(text[:cut]))
		text[cut] = rapid.Byte().Draw(t, "byte")
		_ = got.decode(text) // whatever it says, it must not panic
		require.Error(t, got.decode(append(want.encode(), 0)))
	})
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
