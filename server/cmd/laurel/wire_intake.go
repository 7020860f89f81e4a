package main

import (
	"context"
	"time"

	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/ingest"
	"github.com/laurelhq/laurel/server/store"
)

// futureLimit is how far ahead of the clock an event may be dated; with the event clock any event may move it.
const futureLimit = 5 * time.Minute

// openIntake makes what comes before the fold: the clock and ingest.
func (p *process) openIntake(ctx context.Context) (err error) {
	future := futureLimit
	p.clock = contest.WallClock(p.now)
	switch p.clockSetting {
	case "real":
		p.clock = contest.DatabaseClock{Wall: p.now}
	case "event":
		if p.eventClock, err = contest.NewEventClock(ctx, p.database); err != nil {
			return err
		}
		p.clock, future = p.eventClock, -1 // any event may move the clock
	}
	registry, err := event.NewRegistry()
	if err != nil {
		return err
	}
	var horizon *ingest.Horizon // with the clock of events there is none: events of any age move it
	if p.eventClock == nil {
		horizon, err = ingest.OpenHorizon(ctx, ingest.HorizonConfig{Journal: p.journal, Days: p.HorizonDays, Now: p.now,
			Dropped: p.metrics.KeysDropped, Log: p.log})
		if err != nil {
			return err
		}
		p.start(horizon.Run)
	}
	p.intake = ingest.NewService(ingest.Config{
		Journal: p.journal, Registry: registry, Currencies: p.vocabulary.Currencies, Writers: ingestWriters(p.database.Dialect()),
		LagLimit: p.LagLimit, FutureLimit: future, Horizon: horizon,
		Now: p.now, Observe: p.metrics.ObserveIngest, Conflict: p.metrics.Conflict, TooOld: p.metrics.TooOld, Lag: p.metrics.SetLag, Log: p.log,
	})
	p.start(p.intake.Run)
	return nil
}

// ingestWriters is how many ingest transactions may be in flight.
func ingestWriters(dialect store.Dialect) int {
	if dialect == store.Postgres {
		return 2
	}
	return 1
}
