package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"connectrpc.com/connect"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/gen/laurel/v1/laurelv1connect"
	"github.com/laurelhq/laurel/rules"
	"github.com/laurelhq/laurel/server/client"
	"github.com/laurelhq/laurel/server/ingest"
)

// shippedContest is the id in the definition that ships.
const shippedContest = "load_best_20"

// MaxSockets bounds the sockets of one run: each takes a port of this machine, which has about 28 000 for one server.
const MaxSockets = 20_000

// Settings say how a run goes.
type Settings struct {
	// URL names the servers, processes of one installation: each gets events and sockets in turn.
	URL []string
	// Key has the scope ingest, and admin when Publish is set.
	Key string
	// Rate is in events a second; 0 means as fast as possible.
	Rate int
	// Duration is how long events are sent.
	Duration time.Duration
	// Batch is how many events are sent at once, Workers how many connections send at the same time.
	Batch, Workers int
	// Players is how many players play.
	Players int
	// Sockets is how many sockets watch the board; with none nothing is pushed or measured there.
	Sockets int
	// Probes is how many events a second are followed to the sockets.
	Probes int
	// Contest is the id of the contest that is watched. With Publish it is published first.
	Contest string
	Publish bool
}

// run is one run: what everyone in it shares.
type run struct {
	Settings
	now    func() time.Time
	id     string
	ingest latencies
	push   latencies
	counts counts
	probes *probeLog
}

// Check finds settings that can't be followed. The error starts with the name of the setting.
func (s Settings) Check() error {
	if len(s.URL) == 0 {
		return errors.New("url names no server")
	}
	for _, address := range s.URL {
		if _, err := client.At(address, s.Key); err != nil {
			return err
		}
	}
	switch {
	case s.Rate < 0 || s.Rate > 1_000_000:
		return fmt.Errorf("rate must be 0 to 1000000, but is %d", s.Rate)
	case s.Duration < time.Second || s.Duration > 24*time.Hour:
		return fmt.Errorf("duration must be 1s to 24h, but is %s", s.Duration)
	case s.Batch < 1 || s.Batch > ingest.MaxBatch:
		return fmt.Errorf("batch must be 1 to %d, but is %d", ingest.MaxBatch, s.Batch)
	case s.Workers < 1 || s.Workers > 256:
		return fmt.Errorf("workers must be 1 to 256, but is %d", s.Workers)
	case s.Players < 1 || s.Players > 10_000_000:
		return fmt.Errorf("players must be 1 to 10000000, but is %d", s.Players)
	case s.Sockets < 0 || s.Sockets > MaxSockets:
		return fmt.Errorf("sockets must be 0 to %d, but is %d", MaxSockets, s.Sockets)
	case s.Probes < 1 || s.Probes > 100:
		return fmt.Errorf("probes must be 1 to 100, but is %d", s.Probes)
	}
	return nil
}

// server is the one whose turn it is.
func (s Settings) server(turn int) client.Server {
	return client.Server{URL: strings.TrimRight(s.URL[turn%len(s.URL)], "/"), Key: s.Key}
}

// ownFiles are the files that a run has open besides its sockets and the connections that send.
const ownFiles = 100

// Files is how many files a run has open at the most, its sockets and connections among them.
func (s Settings) Files() int { return s.Sockets + s.Workers*len(s.URL) + ownFiles }

// Run checks the settings, puts the server under load and returns what it found out. It tells log when it begins to send.
func Run(ctx context.Context, s Settings, now func() time.Time, log io.Writer) (Report, error) {
	if err := s.Check(); err != nil {
		return Report{}, err
	}
	if s.Publish {
		if err := s.publish(ctx); err != nil {
			return Report{}, fmt.Errorf("publish %s: %w", s.Contest, err)
		}
	}
	r := &run{Settings: s, now: now, id: fmt.Sprintf("%x", now().UnixMicro())}
	r.probes = newProbeLog(r.id, now(), int(s.Duration.Seconds()+1)*s.Probes)
	watchers, stopWatching, err := r.watch(ctx)
	if err != nil {
		return Report{}, err
	}
	defer stopWatching()
	_, _ = fmt.Fprintf(log, "%d sockets watch %s; sending for %s\n", len(watchers.sockets), s.Contest, s.Duration)
	return r.play(ctx, watchers)
}

// publish makes sure that the contest is there; publishing what is there already changes nothing.
func (s Settings) publish(ctx context.Context) error {
	catalog := laurelv1connect.NewCatalogServiceClient(s.server(0).HTTP(), s.server(0).RPC())
	document := strings.Replace(rules.Load, "id: "+shippedContest, "id: "+s.Contest, 1)
	_, err := catalog.PublishDefinition(ctx, &laurelv1.PublishDefinitionRequest{Yaml: document})
	if connect.CodeOf(err) == connect.CodePermissionDenied || connect.CodeOf(err) == connect.CodeUnauthenticated {
		return fmt.Errorf("%w: give a key with the scope admin, or publish rules/load/contest.yaml in the studio and use --no-publish", err)
	}
	return err
}

// play sends events and probes for the duration, then waits until everything sent is on the board.
func (r *run) play(ctx context.Context, watchers *watchers) (Report, error) {
	if r.Sockets > 0 {
		if err := r.warmUp(ctx, watchers); err != nil {
			return Report{}, err
		}
	}
	began := r.now()
	sending, stop := context.WithCancel(ctx)
	defer stop()
	schedule := &schedule{rate: r.Rate, batch: r.Batch, began: began, until: began.Add(r.Duration)}
	var group sync.WaitGroup
	errs := make(chan error, r.Workers+1)
	start := func(work func(context.Context) error) {
		group.Go(func() {
			if err := work(sending); err != nil && sending.Err() == nil {
				errs <- err
				stop()
			}
		})
	}
	for worker := range r.Workers {
		start(func(ctx context.Context) error { return r.send(ctx, schedule, worker) })
	}
	if r.Sockets > 0 {
		start(func(ctx context.Context) error { return r.probe(ctx, schedule) })
	}
	group.Wait()
	select {
	case err := <-errs:
		return Report{}, err
	default:
	}
	if err := ctx.Err(); err != nil && !errors.Is(err, context.Canceled) {
		return Report{}, err
	}
	ended := r.now()
	var drained time.Duration
	if r.Sockets > 0 && ctx.Err() == nil {
		var err error
		if drained, err = r.drain(ctx, watchers, ended); err != nil {
			return Report{}, err
		}
	}
	return r.report(ended.Sub(began), drained, watchers), nil
}
