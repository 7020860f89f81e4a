package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/laurelhq/laurel/frontend"
	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/api"
	"github.com/laurelhq/laurel/server/catalog"
)

// shutdownTime bounds how long callers and sockets may take to go.
const shutdownTime = 10 * time.Second

// openDoors makes everything callers reach.
func (p *process) openDoors(context.Context) error {
	doors, err := api.New(api.Config{
		Identity: p.people, Ingest: p.intake, Catalog: p.definitions, Contest: p.contests, Board: p.keeper, Telemetry: p.metrics,
		Conflicts: p.intake.Conflicts, DeadLetters: p.intake.DeadLetters, Installation: p.installation, Ready: p.answers,
		Redis: p.ranks.client, RedisPrefix: redisPrefix, Socket: p.hub, Metrics: p.metrics.Handler(),
		Studio: folder(frontend.Studio, "studio/dist"), Widget: folder(frontend.Widget, "widget/dist"),
		Demo: folder(frontend.Widget, "widget/dist"), Now: p.wall, Log: p.log, Version: version, Dev: p.dev, Profile: p.Profile,
		Renamed: func(userID string) { p.hub.NameChanged(userID) },
	})
	if err != nil {
		return err
	}
	p.handler, err = doors.Handler()
	return err
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
	if why := cmp.Or(p.role.Unwritable(), p.intake.Unwritable()); why != "" {
		return api.NotReady(why)
	}
	return p.database.Ping(ctx)
}

// installation fills in what GetPulse says of the installation.
func (p *process) installation(ctx context.Context, pulse *laurelv1.GetPulseResponse) (err error) {
	pulse.Contests, pulse.Database, pulse.Board = p.contests.Set().Counts(), string(p.database.Dialect()), p.ranks.name
	pulse.Clock, pulse.Now = clockName(p.clockSetting), timestamppb.New(p.clock.Now(nil, nil))
	pulse.Unread, pulse.WithoutRate = unreadMessages(p.contests.Unread()), p.metrics.WithoutRate()
	pulse.DeadLetters, pulse.Conflicts, err = p.journal.Totals(ctx)
	return err
}

// maxShownUnread bounds the definitions that a Pulse names.
const maxShownUnread = 100

func unreadMessages(list []*catalog.Unread) []*laurelv1.UnreadDefinition {
	messages := make([]*laurelv1.UnreadDefinition, 0, min(len(list), maxShownUnread))
	for _, one := range list[:min(len(list), maxShownUnread)] {
		messages = append(messages, &laurelv1.UnreadDefinition{Kind: one.Kind, Id: one.ID, Version: int32(one.Version), Reason: one.Reason()})
	}
	return messages
}

// serve answers until ctx ends or the listener fails, then lets callers and sockets go.
func (p *process) serve(ctx context.Context) error {
	web := api.NewServer(p.Listen, p.handler)
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

func folder(files fs.FS, dir string) fs.FS {
	sub, err := fs.Sub(files, dir)
	if err != nil {
		return nil // the folder's name is a constant and valid
	}
	return sub
}
