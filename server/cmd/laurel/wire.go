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
	"os"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/laurelhq/laurel/ent/db"
	"github.com/laurelhq/laurel/frontend"
	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/api"
	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/ingest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/pipeline"
	"github.com/laurelhq/laurel/server/realtime"
	"github.com/laurelhq/laurel/server/rule"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/telemetry"
)

const (
	// futureLimit is how far ahead of the clock an event may be dated; with the event clock any event may move it.
	futureLimit = 5 * time.Minute
	// boardsWait is how old an event may be that is not scored yet before boards count as behind.
	boardsWait = 3 * time.Second
	// shutdownTime bounds how long callers and sockets may take to go.
	shutdownTime = 10 * time.Second
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

// process is everything a server is made of, in the order of the flow.
type process struct {
	server
	closers     *closers
	log         *slog.Logger
	listener    net.Listener
	now         func() time.Time
	metrics     *telemetry.Telemetry
	database    *store.Store
	journal     *journal.Journal
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
}

// run builds the server, serves until ctx ends, and shuts down in reverse.
func (s server) run(ctx context.Context) (err error) {
	if s.wall == nil {
		s.wall = wall
	}
	p := &process{server: s, closers: &closers{}}
	defer func() { err = errors.Join(err, p.closers.close()) }()
	for _, step := range []func(context.Context) error{p.openTelemetry, p.openDoor, p.openStorage, p.openIntake, p.openContests, p.openLive, p.prepare} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	handler, err := p.doors()
	if err != nil {
		return err
	}
	running := newWorkers(ctx)
	p.start(running)
	err = p.serve(ctx, handler)
	running.stop()
	return err
}

// openTelemetry makes the clock, the log and the metrics, which everything else reports to.
func (p *process) openTelemetry(ctx context.Context) (err error) {
	paceGC()
	var level slog.Level
	if err := level.UnmarshalText([]byte(p.LogLevel)); err != nil {
		return fmt.Errorf("log level: %w", err)
	}
	p.log = telemetry.NewLogger(p.logTo, telemetry.LogSettings{Level: level})
	if p.logged != nil {
		p.logged(p.log)
	}
	if p.now, err = clockOf(p.clockSetting, p.wall); err != nil {
		return err
	}
	p.metrics = telemetry.New(p.wall)
	p.closers.add("telemetry", func() error { return p.metrics.Close(context.WithoutCancel(ctx)) })
	return p.metrics.StartTracing(ctx, telemetry.TraceSettings{Endpoint: p.TraceEndpoint, Version: version})
}

// serverFiles are the files that a server has open besides its sockets: callers, the database and what the runtime needs.
const serverFiles = 1_000

// openDoor takes the address before anything is made or migrated: whoever has it may be this very server. Callers wait until serve answers.
func (p *process) openDoor(ctx context.Context) (err error) {
	if p.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", p.Listen); err != nil {
		return fmt.Errorf("%w; --listen or LAUREL_LISTEN names another address", err)
	}
	if err := allowFiles(p.MaxSockets + serverFiles); err != nil {
		p.log.WarnContext(ctx, "fewer sockets than --max-sockets will open", "reason", err.Error())
	}
	p.closers.add("listener", func() error {
		if err := p.listener.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	return nil
}

// openStorage opens and migrates the database, and the journal in it.
func (p *process) openStorage(ctx context.Context) (err error) {
	if p.database, err = store.Open(ctx, p.DatabaseURL); err != nil {
		return err
	}
	p.closers.add("database", p.database.Close)
	if _, err := p.database.Migrate(ctx); err != nil {
		return err
	}
	p.journal, err = journal.Open(ctx, p.database, 0)
	return err
}

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
	p.intake = ingest.NewService(ingest.Config{
		Journal: p.journal, Registry: registry, Writers: ingestWriters(p.database.Dialect()), LagLimit: p.LagLimit, FutureLimit: future, Now: p.now,
		Observe: p.metrics.ObserveIngest, Conflict: p.metrics.Conflict, Lag: p.metrics.SetLag, Log: p.log,
	})
	return nil
}

// openContests makes contests, the catalog of their definitions, and the boards that rank them. Boards and sockets are told of changed contests; they are built
// right after, before anything runs.
func (p *process) openContests(ctx context.Context) error {
	p.contests = contest.NewService(contest.Config{
		Store: p.database, Journal: p.journal, Clock: p.clock, Now: p.now, Log: p.log,
		Players: func(id string) int64 { return p.keeper.Total(id) },
		Changed: func(id string) {
			p.keeper.Expect(id)
			p.hub.ContestChanged(id)
		},
	})
	p.definitions = catalog.NewService(catalog.Config{Store: p.database, Adopt: p.contests.Adopt, Now: p.now, Checks: []catalog.Check{rule.Check}})
	var err error
	if p.ranks, err = openRanks(ctx, p.RedisURL, p.closers); err != nil {
		return err
	}
	config := board.KeeperConfig{
		Engine: p.ranks.engine, Store: p.database, Journal: p.journal, Now: p.now, Log: p.log,
		Boards: p.contestIDs, Final: func(id string) bool { return p.contests.Set().Final(id) }, Rebuilt: func(id string) { p.hub.ContestChanged(id) },
		Behind: func() bool { return p.fold.Behind() || p.intake.Behind() > boardsWait },
	}
	if p.ranks.client == nil {
		config.Fed = func() bool { return p.fold.Folds() }
	}
	p.keeper = board.NewKeeper(config)
	p.people, err = identity.Open(ctx, identity.Settings{
		Read: p.database.Ent(), Write: entWrites(p.database), Now: p.wall, DevAPIKey: p.devKey, TrustedProxies: p.TrustedProxies,
	})
	if err != nil {
		return err
	}
	p.hub, err = realtime.New(realtime.Config{
		Boards: p.keeper, Contest: p.contests.Summary, Names: names(p.people), Authenticate: viewer(p.people), Now: p.now, Bus: p.ranks.bus, Log: p.log,
		AllowedOrigins: p.AllowedOrigins, Address: func(r *http.Request) string { return p.people.Proxies().PeerAddress(r).String() },
		Limits:  realtime.Limits{Sockets: p.MaxSockets, SocketsPerAddress: p.MaxSocketsPerAddress},
		Metrics: realtime.Metrics{SocketOpened: p.metrics.SocketOpened, SocketClosed: p.metrics.SocketClosed, SocketSlow: p.metrics.SocketSlow, Push: p.metrics.ObservePush},
	})
	return err
}

// openLive makes the fold, which drives all of it.
func (p *process) openLive(context.Context) error {
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("read host name: %w", err)
	}
	p.fold = pipeline.New(pipeline.Config{
		Store: p.database, Journal: p.journal, Contests: p.contests, Boards: p.keeper, EventClock: p.eventClock, Now: p.now, Log: p.log,
		Host: fmt.Sprintf("%s/%d", host, os.Getpid()), Shared: p.ranks.client != nil, Lanes: p.Lanes, Changed: p.hub.Changed, Scored: p.metrics.ObserveRule, Ranked: p.metrics.ObserveBoard,
		Buried: p.metrics.DeadLetter, Tracer: p.metrics.Tracer(),
	})
	return nil
}

// prepare publishes the given definitions and makes the given operator. A problem stops the start.
func (p *process) prepare(ctx context.Context) error {
	if p.rules != nil {
		report, err := p.definitions.LoadFolder(ctx, p.rules, p.rulesName, "laurel")
		for _, skipped := range report.Skipped {
			p.log.WarnContext(ctx, "definition left out", "file", skipped.File, "reason", skipped.Reason)
		}
		if err != nil {
			return fmt.Errorf("publish %s: %w", p.rulesName, err)
		}
		if len(report.Published)+len(report.Unchanged) == 0 {
			p.log.WarnContext(ctx, "no definition found", "folder", p.rulesName)
		}
		p.log.InfoContext(ctx, "definitions published", "folder", p.rulesName, "new", len(report.Published), "unchanged", len(report.Unchanged))
	}
	if p.operator != nil {
		if err := p.people.EnsureOperator(ctx, p.operator.name, p.operator.password, identity.Roles()); err != nil {
			return err
		}
	}
	return p.contests.Sync(ctx)
}

// doors makes everything callers reach.
func (p *process) doors() (http.Handler, error) {
	doors, err := api.New(api.Config{
		Identity: p.people, Ingest: p.intake, Catalog: p.definitions, Contest: p.contests, Board: p.keeper, Telemetry: p.metrics,
		Conflicts: p.intake.Conflicts, DeadLetters: p.intake.DeadLetters, Installation: p.installation, Ready: p.answers,
		Redis: p.ranks.client, RedisPrefix: redisPrefix, Socket: p.hub, Metrics: p.metrics.Handler(), Studio: folder(frontend.Studio, "studio/dist"), Widget: folder(frontend.Widget, "widget/dist"),
		Demo: folder(frontend.Widget, "widget/dist"), Now: p.wall, Log: p.log, Version: version, Dev: p.dev, Profile: p.Profile,
		Renamed: func(userID string) { p.hub.NameChanged(userID) },
	})
	if err != nil {
		return nil, err
	}
	return doors.Handler()
}

// answers reports why this process should not be asked now, if it should not.
func (p *process) answers(ctx context.Context) error {
	if ahead, refuses := p.contests.Skew(); refuses {
		direction := "ahead of"
		if ahead < 0 {
			direction = "behind"
		}
		return api.NotReady(fmt.Sprintf("this machine's clock is %s %s the database's: set it right", ahead.Abs().Round(time.Second), direction))
	}
	return p.database.Ping(ctx)
}

// installation fills in what GetPulse says of the installation.
func (p *process) installation(ctx context.Context, pulse *laurelv1.GetPulseResponse) (err error) {
	pulse.Contests, pulse.Database, pulse.Board = p.contests.Set().Counts(), string(p.database.Dialect()), p.ranks.name
	pulse.Clock, pulse.Now = clockName(p.clockSetting), timestamppb.New(p.clock.Now(nil, nil))
	pulse.DeadLetters, pulse.Conflicts, err = p.journal.Totals(ctx)
	return err
}

// start runs everything that works by itself.
func (p *process) start(running *workers) {
	running.start(p.intake.Run)
	running.start(p.fold.Run)
	running.start(p.keeper.Run)
	running.start(p.contests.Run)
	running.start(func(ctx context.Context) { p.fold.KeepSnapshots(ctx, p.SnapshotEvery) })
	if p.ranks.client != nil {
		running.start(func(ctx context.Context) { p.metrics.Share(ctx, p.ranks.client, redisPrefix, p.log) })
	}
	running.start(func(ctx context.Context) {
		if err := p.hub.Run(ctx); err != nil {
			p.log.ErrorContext(ctx, "hub ended", "error", err.Error())
		}
	})
	if p.traffic > 0 {
		play := &traffic{perSecond: p.traffic, accept: p.intake.Accept, now: p.now, log: p.log}
		running.start(play.run)
	}
}

// serve answers until ctx ends or the listener fails, then lets callers and sockets go.
func (p *process) serve(ctx context.Context, handler http.Handler) error {
	web := api.NewServer(p.Listen, handler)
	web.ErrorLog = slog.NewLogLogger(p.log.Handler(), slog.LevelWarn)
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(p.listener) }()
	p.log.InfoContext(ctx, "listening", "address", p.listener.Addr().String())
	if p.ready != nil {
		p.ready(p.listener.Addr())
	}
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	return errors.Join(p.hub.Close(patience, 1001, "server is going down"), web.Shutdown(patience))
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

// ingestWriters is how many ingest transactions may be in flight.
func ingestWriters(dialect store.Dialect) int {
	if dialect == store.Postgres {
		return 2
	}
	return 1
}

// entWrites hands out ent clients inside write transactions.
func entWrites(s *store.Store) func(context.Context, func(context.Context, *db.Client) error) error {
	return func(ctx context.Context, do func(context.Context, *db.Client) error) error {
		return s.Tx(ctx, func(ctx context.Context, tx *store.Tx) error { return do(ctx, tx.Ent()) })
	}
}

func (p *process) contestIDs() []string {
	all := p.contests.Set().All()
	list := make([]string, len(all))
	for i, c := range all {
		list[i] = c.ID
	}
	return list
}

func folder(files fs.FS, dir string) fs.FS {
	sub, err := fs.Sub(files, dir)
	if err != nil {
		return nil // the folder's name is a constant and valid
	}
	return sub
}

func names(people *identity.Service) func(context.Context, []string) ([]realtime.PublicName, error) {
	return func(ctx context.Context, userIDs []string) ([]realtime.PublicName, error) {
		known, err := people.Names(ctx, userIDs)
		if err != nil {
			return nil, err
		}
		list := make([]realtime.PublicName, len(known))
		for i, name := range known {
			list[i] = realtime.PublicName{Key: name.Key, Name: name.Name}
		}
		return list, nil
	}
}

// viewer authenticates a socket: by the token of its hello, else by the request's own credentials.
func viewer(people *identity.Service) func(*http.Request, string) (realtime.Viewer, error) {
	return func(r *http.Request, token string) (realtime.Viewer, error) {
		if token != "" {
			r = r.Clone(r.Context())
			r.Header.Set("Authorization", "Bearer "+token)
		}
		caller, err := people.Authenticate(r)
		seen := realtime.Viewer{UserID: caller.UserID, SeesUserIDs: caller.SeesUserIDs(), Expires: caller.Expires}
		if caller.Kind == identity.OperatorCaller || caller.Kind == identity.APIKeyCaller {
			seen.Renew = func(ctx context.Context) error { return unauthenticated(people.Renew(ctx, caller)) }
		}
		return seen, unauthenticated(err)
	}
}

// unauthenticated gives a wrong credential the name that sockets know.
func unauthenticated(err error) error {
	if errors.Is(err, identity.ErrUnauthenticated) {
		return fmt.Errorf("%w: %s", realtime.ErrUnauthenticated, err.Error())
	}
	return err
}
