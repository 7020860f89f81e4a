package ingest_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/ingest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

const (
	accepted  = laurelv1.EventStatus_EVENT_STATUS_ACCEPTED
	duplicate = laurelv1.EventStatus_EVENT_STATUS_DUPLICATE
	rejected  = laurelv1.EventStatus_EVENT_STATUS_REJECTED
)

func TestMain(m *testing.M) { storetest.Main(m) }

type bundle struct {
	journal *journal.Journal
	service *ingest.Service
	mu      sync.Mutex
	told    [3]int // accepted, duplicates, rejected
	clashes int
}

func setup(t testing.TB, s *store.Store) *bundle {
	t.Helper()
	b := &bundle{}
	var err error
	b.journal, err = journal.Open(t.Context(), s, 0)
	require.NoError(t, err)
	registry, err := event.NewRegistry()
	require.NoError(t, err)
	b.service = ingest.NewService(ingest.Config{
		Journal: b.journal, Registry: registry, Writers: 1, FutureLimit: 5 * time.Minute, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Observe: func(_ time.Duration, accepted, duplicates, rejected int) {
			b.mu.Lock()
			defer b.mu.Unlock()
			for i, n := range []int{accepted, duplicates, rejected} {
				b.told[i] += n
			}
		},
		Conflict: func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.clashes++
		},
		TooOld: func() {},
		Lag:    func(time.Duration, int64) {},
	})
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() { defer close(done); b.service.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	return b
}

func (b *bundle) accept(ctx context.Context, events []*laurelv1.Event) ([]ingest.Result, error) {
	return b.service.Accept(ctx, event.SourceMain, events)
}

// stored counts the events in the journal, none of which is folded here.
func (b *bundle) stored(ctx context.Context, t require.TestingT) int64 {
	events, _, err := b.journal.Backlog(ctx, 1_000_000)
	require.NoError(t, err)
	return events
}

// sent is an event as a test names it: an id, which of its contents, and whether it is one at all.
type sent struct {
	id, content int
	broken      bool
}

func (s sent) event(run int) *laurelv1.Event {
	e := &laurelv1.Event{
		EventId: fmt.Sprintf("e-%d-%d", run, s.id), Name: "login", EventTs: timestamppb.New(time.Unix(1_700_000_000+int64(s.content), 0)),
		User: &laurelv1.User{Id: "u"},
	}
	if s.broken {
		e.User = nil
	}
	return e
}

// TestAnEventIsStoredOnceWhateverIsSent sends random batches, with the same ids again and again, and compares each answer with a model that
// is a map.
func TestAnEventIsStoredOnceWhateverIsSent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b, run := setup(t, s), 0
		rapid.Check(t, func(rt *rapid.T) {
			run++
			before, told, clashes := b.stored(t.Context(), rt), b.told, b.clashes
			first := map[int]int{} // the content that stands under an id
			var want [3]int
			wantClashes := 0
			batch := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) sent {
				return sent{rapid.IntRange(0, 4).Draw(t, "id"), rapid.IntRange(0, 1).Draw(t, "content"), rapid.IntRange(0, 9).Draw(t, "broken") == 0}
			}), 0, 8)
			for _, events := range rapid.SliceOfN(batch, 1, 3).Draw(rt, "batches") {
				list := make([]*laurelv1.Event, len(events))
				for i, one := range events {
					list[i] = one.event(run)
				}
				results, err := b.accept(t.Context(), list)
				require.NoError(rt, err)
				require.Len(rt, results, len(events))
				here := map[int]int{} // in this batch
				for i, one := range events {
					status, field := accepted, ""
					inBatch, twice := here[one.id]
					stands, known := first[one.id]
					switch {
					case one.broken:
						status, field = rejected, "user.id"
					case known && stands != one.content:
						status, field = rejected, "event_id"
					case known:
						status = duplicate
					}
					if !one.broken {
						if !twice {
							here[one.id] = one.content
						}
						if !known && status == accepted {
							first[one.id] = one.content
						}
						if known && stands != one.content && (!twice || inBatch == one.content) {
							wantClashes++
						}
					}
					require.Equal(rt, status, results[i].Status, "%d of %v: %+v", i, events, results[i])
					require.Equal(rt, field, results[i].Field)
					require.Equal(rt, field == "", results[i].Reason == "", "a refusal says why")
					want[map[laurelv1.EventStatus]int{accepted: 0, duplicate: 1, rejected: 2}[status]]++
				}
			}
			require.Equal(rt, int64(len(first)), b.stored(t.Context(), rt)-before, "one row for each id that was accepted")
			for i := range want {
				require.Equal(rt, want[i], b.told[i]-told[i])
			}
			require.Equal(rt, wantClashes, b.clashes-clashes)
		})
	})
}

// TestCallersAtOnceShareNothingButTransactions has many callers send the same ids at the same time: each id is accepted for one of them.
func TestCallersAtOnceShareNothingButTransactions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const callers, ids = 16, 50
		b := setup(t, s)
		var group sync.WaitGroup
		errs := make(chan error, callers)
		for range callers {
			group.Go(func() {
				for id := range ids {
					results, err := b.accept(t.Context(), []*laurelv1.Event{sent{id: id}.event(0)})
					if err == nil && results[0].Status != accepted && results[0].Status != duplicate {
						err = fmt.Errorf("%+v", results[0])
					}
					if err != nil {
						errs <- err
						return
					}
				}
			})
		}
		group.Wait()
		close(errs)
		for err := range errs {
			require.NoError(t, err)
		}
		require.Equal(t, int64(ids), b.stored(t.Context(), t))
		require.Equal(t, [3]int{ids, ids * (callers - 1), 0}, b.told)
	})
}

// TestConflictsAreKeptForReview lists what was refused beside what stands.
func TestConflictsAreKeptForReview(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := setup(t, s)
		for content := range 2 {
			_, err := b.accept(t.Context(), []*laurelv1.Event{sent{id: 7, content: content}.event(0)})
			require.NoError(t, err)
		}
		kept, err := b.service.Conflicts(t.Context(), store.Listing{Limit: 10})
		require.NoError(t, err)
		require.Len(t, kept, 1)
		require.Equal(t, "e-0-7", kept[0].GetEventId())
		require.Equal(t, int64(1_700_000_001), kept[0].GetSent().GetEventTs().GetSeconds())
		require.Equal(t, int64(1_700_000_000), kept[0].GetStored().GetEventTs().GetSeconds())
	})
}

// TestAConflictSaysWhoseItIs has two sources use one id twice: each conflict is of its own source.
func TestAConflictSaysWhoseItIs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := setup(t, s)
		for _, source := range []string{event.SourceMain, "casino-b"} {
			for content := range 2 {
				_, err := b.service.Accept(t.Context(), source, []*laurelv1.Event{sent{id: 7, content: content}.event(0)})
				require.NoError(t, err)
			}
		}
		kept, err := b.service.Conflicts(t.Context(), store.Listing{Limit: 10, OldestFirst: true})
		require.NoError(t, err)
		require.Len(t, kept, 2)
		require.Empty(t, kept[0].GetSource(), "main is written as nothing, as in events")
		require.Equal(t, "casino-b", kept[1].GetSource())
	})
}
