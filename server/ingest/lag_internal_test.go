package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// TestSendersAreHeldBackWhileTheFoldIsBehind lets the backlog pass its limit: calls are refused whole with a delay and store nothing, and
// are taken again once the fold has caught up. What is told of the lag is how long the oldest event has waited.
func TestSendersAreHeldBackWhileTheFoldIsBehind(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const limit = 3
		j, err := journal.Open(t.Context(), s, 0)
		require.NoError(t, err)
		registry, err := event.NewRegistry()
		require.NoError(t, err)
		now, age, behind := time.Unix(1_800_000_000, 0), time.Duration(0), int64(0)
		service := NewService(Config{
			Journal: j, Registry: registry, LagLimit: limit, FutureLimit: -1, Now: func() time.Time { return now },
			Log:     slog.New(slog.DiscardHandler),
			Observe: func(time.Duration, int, int, int) {}, Conflict: func() {},
			Lag: func(a time.Duration, events int64) { age, behind = a, events },
		})
		done := service.committer.start()
		t.Cleanup(func() { service.committer.stop(); <-done })
		sent := 0
		send := func() error {
			sent++
			_, err := service.Accept(t.Context(), event.SourceMain, []*laurelv1.Event{{
				EventId: fmt.Sprintf("e%d", sent), Name: "login", EventTs: timestamppb.New(now), User: &laurelv1.User{Id: fmt.Sprintf("u%d", sent)},
			}})
			return err
		}
		for range limit {
			require.NoError(t, send())
		}
		now = now.Add(time.Minute)
		service.measureLag(t.Context())
		require.Equal(t, int64(limit), behind)
		require.NoError(t, send(), "at the limit there is room")
		service.measureLag(t.Context())
		require.Equal(t, time.Minute, age)
		require.Equal(t, time.Minute, service.Behind())

		var lagging *Lagging
		require.ErrorAs(t, send(), &lagging)
		require.Equal(t, Lagging{Backlog: limit + 1, RetryAfter: retryWhenLagging}, *lagging)
		require.Contains(t, lagging.Error(), "4 events wait to be scored, which is the limit: retry in 2s")
		stored, _, err := j.Backlog(t.Context(), 100)
		require.NoError(t, err)
		require.Equal(t, int64(limit+1), stored, "what was refused is not stored")

		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		service.measureLag(cancelled)
		require.ErrorAs(t, send(), &lagging, "what is not known stays as it was")

		require.NoError(t, s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.ExecContext(ctx, "UPDATE journal_partition SET cursor = (SELECT max(id) FROM journal_event)")
			return err
		}))
		service.measureLag(t.Context())
		require.Zero(t, behind)
		require.Zero(t, service.Behind())
		require.NoError(t, send())
	})
}

// TestUnavailableHidesItsCause tells callers when to come back, and programs why.
func TestUnavailableHidesItsCause(t *testing.T) {
	t.Parallel()
	cause := errors.New("secret")
	err := fmt.Errorf("accept: %w", &Unavailable{RetryAfter: time.Second, Err: cause})
	require.ErrorIs(t, err, cause)
	require.Equal(t, "accept: events can't be stored now: retry in 1s", err.Error())
}
