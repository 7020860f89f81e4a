package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/pipeline"
	"github.com/laurelhq/laurel/server/realtime"
)

// openHub makes the sockets.
func (p *process) openHub(context.Context) (err error) {
	p.hub, err = realtime.New(realtime.Config{
		Boards: p.keeper, Contest: p.contests.Summary, Names: names(p.people), Authenticate: viewer(p.people), Now: p.now, Bus: p.ranks.bus,
		Log:            p.log,
		AllowedOrigins: p.AllowedOrigins, Address: func(r *http.Request) string { return identity.NetworkOf(p.people.Proxies().PeerAddress(r)) },
		Limits: realtime.Limits{Sockets: p.MaxSockets, SocketsPerAddress: p.MaxSocketsPerAddress},
		Metrics: realtime.Metrics{SocketOpened: p.metrics.SocketOpened, SocketClosed: p.metrics.SocketClosed, SocketSlow: p.metrics.SocketSlow,
			Push: p.metrics.ObservePush},
	})
	if err != nil {
		return err
	}
	p.contestChanged.to(p.hub.ContestChanged)
	p.boardRebuilt.to(p.hub.ContestChanged)
	p.start(func(ctx context.Context) {
		if err := p.hub.Run(ctx); err != nil {
			p.log.ErrorContext(ctx, "hub ended", "error", err.Error())
		}
	})
	return nil
}

// openFold makes the fold, which drives all of it, and the demo traffic that drives the fold.
func (p *process) openFold(context.Context) error {
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("read host name: %w", err)
	}
	p.fold = pipeline.New(pipeline.Config{
		Store: p.database, Journal: p.journal, Contests: p.contests, Boards: p.keeper, EventClock: p.eventClock, Role: p.role, Now: p.now,
		Log:  p.log,
		Host: fmt.Sprintf("%s/%d", host, os.Getpid()), Shared: p.ranks.client != nil, Lanes: p.Lanes, Changed: p.hub.Changed,
		Scored: p.metrics.ObserveRule, Ranked: p.metrics.ObserveBoard,
		Buried: p.metrics.DeadLetter, Unrated: p.metrics.EventsWithoutRate, Tracer: p.metrics.Tracer(),
	})
	p.start(p.fold.Run)
	p.start(func(ctx context.Context) { p.fold.KeepSnapshots(ctx, p.SnapshotEvery) })
	if p.traffic > 0 {
		p.start((&traffic{perSecond: p.traffic, accept: p.intake.Accept, now: p.now, log: p.log}).run)
	}
	return nil
}
