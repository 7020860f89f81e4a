package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/ingest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/pipeline"
	"github.com/laurelhq/laurel/server/realtime"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/telemetry"
)

// server is one process: settings in, everything else is built by run.
type server struct {
	storage
	doors
	clockSetting string
	dev          bool
	devKey       string
	traffic      int
	rules        fs.FS
	rulesName    string
	operator     *signIn
	logTo        io.Writer
	// logged is told the log once there is one; nil means that nobody wants to know.
	logged func(*slog.Logger)
	// wall is the machine's clock; nil means the real one.
	wall func() time.Time
	// ready is told the address once the server answers.
	ready func(net.Addr)
}

// process is everything a server is made of, in the order of the flow. Each room opens in a file wire_*.go of its own, from what stands
// above it.
type process struct {
	server
	closers *closers
	// workers run from when everything is built until the doors are closed.
	workers []func(context.Context)

	log         *slog.Logger
	listener    net.Listener
	now         func() time.Time
	metrics     *telemetry.Telemetry
	database    *store.Store
	journal     *journal.Journal
	vocabulary  *catalog.Reader
	intake      *ingest.Service
	definitions *catalog.Service
	clock       contest.Clock
	eventClock  *contest.EventClock
	contests    *contest.Service
	ranks       ranks
	keeper      *board.Keeper
	people      *identity.Service
	hub         *realtime.Hub
	fold        *pipeline.Pipeline
	handler     http.Handler

	// What a room says to those above it in the flow stands here from the start, so that none needs another that is not built yet.
	sizes          *board.Sizes
	role           *pipeline.Role
	contestChanged news
	boardRebuilt   news
}

// news carries the id of what changed to the rooms that want to know. They all have said so before anything runs.
type news struct{ wanted []func(id string) }

func (n *news) to(room func(id string)) { n.wanted = append(n.wanted, room) }

func (n *news) tell(id string) {
	for _, room := range n.wanted {
		room(id)
	}
}

// open opens the rooms from the top of the flow to its end.
func (p *process) open(ctx context.Context) error {
	for _, room := range []func(context.Context) error{
		p.openTelemetry,
		p.openDoor,
		p.openStorage,
		p.openIntake,
		p.openContests,
		p.openBoards,
		p.openPeople,
		p.openHub,
		p.openFold,
		p.openDoors,
		p.publish,
	} {
		if err := room(ctx); err != nil {
			return err
		}
	}
	return nil
}

// start has something work by itself from when everything is built.
func (p *process) start(work func(context.Context)) { p.workers = append(p.workers, work) }

// run builds the server, serves until ctx ends, and shuts down in reverse.
func (s server) run(ctx context.Context) (err error) {
	if s.wall == nil {
		s.wall = wall
	}
	p := &process{server: s, closers: &closers{}, sizes: board.NewSizes(), role: &pipeline.Role{}}
	defer func() { err = errors.Join(err, p.closers.close()) }()
	if err := p.open(ctx); err != nil {
		return err
	}
	running := newWorkers(ctx)
	for _, work := range p.workers {
		running.start(work)
	}
	err = p.serve(ctx)
	running.stop()
	return err
}

// wall is the only place that reads the wall clock.
func wall() time.Time { return time.Now() }

// clockOf is the time of arrivals: that of the machine's clock, or one that runs on from a given instant.
func clockOf(setting string, wall func() time.Time) (func() time.Time, error) {
	if setting == "real" || setting == "event" {
		return wall, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02"} {
		if instant, err := time.Parse(layout, setting); err == nil {
			began := wall()
			return func() time.Time { return instant.Add(wall().Sub(began)) }, nil
		}
	}
	return nil, fmt.Errorf("clock %q: want real, event, or an instant such as 2025-10-25T17:59Z", setting)
}

// clockName is what people are told of the clock.
func clockName(setting string) string {
	if setting == "real" || setting == "event" {
		return setting
	}
	return "shifted"
}
