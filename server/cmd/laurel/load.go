package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"connectrpc.com/connect"
	"github.com/alecthomas/kong"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/gen/laurel/v1/laurelv1connect"
	"github.com/laurelhq/laurel/rules"
	"github.com/laurelhq/laurel/server/ingest"
)

// loadContest is the id in the definition that ships.
const loadContest = "load_best_20"

// maxLoadSockets bounds the sockets of one run: each takes a port of this machine, which has about 28 000 for one server.
const maxLoadSockets = 20_000

// loadCmd is the verb load.
type loadCmd struct {
	URL      []string      `help:"Where the server is. Several, between commas, are processes of one installation: each gets events and sockets in turn." env:"LAUREL_URL" default:"http://127.0.0.1:8080"`
	Key      string        `help:"API key with the scope ingest." env:"LAUREL_API_KEY" placeholder:"KEY"`
	Rate     int           `default:"2000" help:"Events a second, 0 to 1000000; 0 means as fast as possible."`
	Duration time.Duration `default:"60s" help:"How long events are sent, 1s to 24h."`
	Batch    int           `default:"100" help:"Events sent at once, 1 to 1000."`
	Workers  int           `default:"4" help:"Connections that send at the same time, 1 to 256."`
	Players  int           `default:"100000" help:"Players who play, 1 to 10000000."`
	Sockets  int           `default:"1000" help:"Sockets that watch the board, 0 to 20000; 0 means that nothing is pushed or measured there."`
	Probes   int           `default:"10" help:"Events a second whose way to the sockets is measured, 1 to 100."`
	Contest  string        `default:"load_best_20" help:"Id of the contest; it is published under this id unless --no-publish is given."`
	Publish  bool          `default:"true" negatable:"" help:"Publish the contest first; needs a key with the scope admin."`
	Report   string        `placeholder:"FILE.json" help:"Write the report to this file as well."`
}

// loadRun is one run: what everyone in it shares.
type loadRun struct {
	*loadCmd
	now    func() time.Time
	run    string
	ingest latencies
	push   latencies
	counts loadCounts
	probes *probeLog
}

// Run puts the server under load and prints what it did.
func (c *loadCmd) Run(ctx context.Context, cli *kong.Context) error {
	return c.run(ctx, wall, cli.Stdout, cli.Stderr)
}

func (c *loadCmd) check() error {
	if len(c.URL) == 0 {
		return errors.New("--url names no server")
	}
	for i := range c.URL {
		server := c.server(i)
		if err := server.check(); err != nil {
			return err
		}
		c.URL[i] = server.URL
	}
	switch {
	case c.Rate < 0 || c.Rate > 1_000_000:
		return fmt.Errorf("--rate must be 0 to 1000000, but is %d", c.Rate)
	case c.Duration < time.Second || c.Duration > 24*time.Hour:
		return fmt.Errorf("--duration must be 1s to 24h, but is %s", c.Duration)
	case c.Batch < 1 || c.Batch > ingest.MaxBatch:
		return fmt.Errorf("--batch must be 1 to %d, but is %d", ingest.MaxBatch, c.Batch)
	case c.Workers < 1 || c.Workers > 256:
		return fmt.Errorf("--workers must be 1 to 256, but is %d", c.Workers)
	case c.Players < 1 || c.Players > 10_000_000:
		return fmt.Errorf("--players must be 1 to 10000000, but is %d", c.Players)
	case c.Sockets < 0 || c.Sockets > maxLoadSockets:
		return fmt.Errorf("--sockets must be 0 to %d, but is %d", maxLoadSockets, c.Sockets)
	case c.Probes < 1 || c.Probes > 100:
		return fmt.Errorf("--probes must be 1 to 100, but is %d", c.Probes)
	}
	return checkReport(c.Report)
}

// server is the one whose turn it is.
func (c *loadCmd) server(turn int) remote { return remote{URL: c.URL[turn%len(c.URL)], Key: c.Key} }

// loadFiles are the files that a run has open besides its sockets and the connections that send.
const loadFiles = 100

func (c *loadCmd) run(ctx context.Context, now func() time.Time, out, log io.Writer) error {
	if err := c.check(); err != nil {
		return err
	}
	if err := allowFiles(c.Sockets + c.Workers*len(c.URL) + loadFiles); err != nil {
		return fmt.Errorf("--sockets %d: %w", c.Sockets, err)
	}
	if c.Publish {
		if err := c.publish(ctx); err != nil {
			return fmt.Errorf("publish %s: %w", c.Contest, err)
		}
	}
	r := &loadRun{loadCmd: c, now: now, run: fmt.Sprintf("%x", now().UnixMicro())}
	r.probes = newProbeLog(r.run, now(), int(c.Duration.Seconds()+1)*c.Probes)
	watchers, stopWatching, err := r.watch(ctx)
	if err != nil {
		return err
	}
	defer stopWatching()
	_, _ = fmt.Fprintf(log, "%d sockets watch %s; sending for %s\n", len(watchers.sockets), c.Contest, c.Duration)
	report, err := r.play(ctx, watchers)
	if err != nil {
		return err
	}
	return c.print(out, report)
}

// publish makes sure that the contest is there; publishing what is there already changes nothing.
func (c *loadCmd) publish(ctx context.Context) error {
	client := laurelv1connect.NewCatalogServiceClient(c.server(0).httpClient(), c.server(0).rpcURL())
	document := strings.Replace(rules.Load, "id: "+loadContest, "id: "+c.Contest, 1)
	_, err := client.PublishDefinition(ctx, &laurelv1.PublishDefinitionRequest{Yaml: document})
	if connect.CodeOf(err) == connect.CodePermissionDenied || connect.CodeOf(err) == connect.CodeUnauthenticated {
		return fmt.Errorf("%w: give a key with the scope admin, or publish rules/load/contest.yaml in the studio and use --no-publish", err)
	}
	return err
}

// play sends events and probes for the duration, then waits until everything sent is on the board.
func (r *loadRun) play(ctx context.Context, watchers *watchers) (loadReport, error) {
	if r.Sockets > 0 {
		if err := r.warmUp(ctx, watchers); err != nil {
			return loadReport{}, err
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
		return loadReport{}, err
	default:
	}
	if err := ctx.Err(); err != nil && !errors.Is(err, context.Canceled) {
		return loadReport{}, err
	}
	ended := r.now()
	var drained time.Duration
	if r.Sockets > 0 && ctx.Err() == nil {
		var err error
		if drained, err = r.drain(ctx, watchers, ended); err != nil {
			return loadReport{}, err
		}
	}
	return r.report(ended.Sub(began), drained, watchers), nil
}
