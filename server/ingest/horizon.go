package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"sync/atomic"
	"time"

	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/journal"
)

// horizonInterval is how often the horizon is read, which other processes may have changed, and a step is made towards dropping old keys.
const horizonInterval = time.Second

// HorizonConfig is what a Horizon needs.
type HorizonConfig struct {
	Journal *journal.Journal
	// Days is the horizon chosen for all processes; 0 leaves it as it is.
	Days int
	Now  func() time.Time
	// Dropped is told how many keys a step dropped.
	Dropped func(keys int64)
	Log     *slog.Logger
}

// Horizon is how old an event may be when it arrives, as the database has it, and the worker that forgets what lies before.
type Horizon struct {
	HorizonConfig
	current atomic.Pointer[journal.Horizon]
}

// OpenHorizon stores the chosen horizon, if there is one, and reads what holds.
func OpenHorizon(ctx context.Context, config HorizonConfig) (*Horizon, error) {
	h := &Horizon{HorizonConfig: config}
	if config.Days != 0 {
		before, err := config.Journal.SetHorizonDays(ctx, config.Days)
		if err != nil {
			return nil, err
		}
		if before != config.Days {
			config.Log.InfoContext(ctx, "horizon of repeats changed for all processes", "from_days", before, "to_days", config.Days)
		}
	}
	_, err := h.read(ctx)
	return h, err
}

func (h *Horizon) read(ctx context.Context) (journal.Horizon, error) {
	now, err := h.Journal.HorizonNow(ctx)
	if err == nil {
		h.current.Store(&now)
	}
	return now, err
}

// Run follows the horizon, and drops the keys of events before it, until ctx ends.
func (h *Horizon) Run(ctx context.Context) {
	ticker := time.NewTicker(horizonInterval)
	defer ticker.Stop()
	for {
		if err := h.Step(ctx); err != nil && ctx.Err() == nil {
			h.Log.WarnContext(ctx, "keys of old events stay", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Step reads the horizon and makes one step towards dropping old keys.
func (h *Horizon) Step(ctx context.Context) error {
	if _, err := h.read(ctx); err != nil {
		return err
	}
	dropped, _, err := h.Journal.DropKeys(ctx, h.Now())
	if dropped > 0 {
		h.Dropped(dropped)
	}
	return err
}

// oldest is the oldest event_ts that a source may send at a time, in microseconds. Without a horizon, and for history, any will do here;
// the journal refuses what lies below the floor.
func (s *Service) oldest(source string, now time.Time) int64 {
	if s.Horizon == nil || event.IsHistory(source) {
		return math.MinInt64
	}
	return s.Horizon.current.Load().OldestMicros(now)
}

// tooOld refuses an event that happened before the horizon or the floor.
func tooOld(h journal.Horizon, now time.Time) Result {
	reason := fmt.Sprintf("is too old: events are taken in for %d days after they happened, since repeats are told for so long; laurel "+
		"ingest --history imports older ones", h.Days)
	if h.FloorMicros > now.Add(-h.Span()).UnixMicro() {
		reason = fmt.Sprintf("is too old: repeats of what happened before %s can't be told any more, since the horizon was shorter once; "+
			"laurel ingest --history imports it",
			time.UnixMicro(h.FloorMicros).UTC().Format(time.RFC3339))
	}
	refused := rejected("event_ts", reason)
	refused.TooOld = true
	return refused
}
