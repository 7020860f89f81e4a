package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/telemetry"
)

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
	if p.journal, err = journal.Open(ctx, p.database, 0); err != nil {
		return err
	}
	p.journal.SpanRanges(p.JournalRange)
	p.start(func(ctx context.Context) { p.journal.RunRanges(ctx, p.log) })
	p.vocabulary = catalog.NewReader(p.journal.Partitions())
	return nil
}
