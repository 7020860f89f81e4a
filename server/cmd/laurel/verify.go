package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/pipeline"
	"github.com/laurelhq/laurel/server/rule"
	"github.com/laurelhq/laurel/server/store"
)

type verifyCmd struct {
	Boards verifyBoardsCmd `cmd:"" help:"Fold the journal anew and compare standings and boards with it, place by place. Stop the servers first."`
}

type verifyBoardsCmd struct {
	storage
	Contest string `help:"Only this contest." placeholder:"ID"`
}

var errDiffers = errors.New("boards or standings differ from the journal")

// Run verifies and says what it found.
func (c *verifyBoardsCmd) Run(ctx context.Context) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	closers := &closers{}
	defer func() { err = errors.Join(err, closers.close()) }()
	database, err := store.Open(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	closers.add("database", database.Close)
	events, err := journal.Open(ctx, database, 0)
	if err != nil {
		return fmt.Errorf("%w; if the database is empty or from an older version, laurel migrate brings it up to date", err)
	}
	definitions := catalog.NewService(database.Ent(), entWrites(database), wall, rule.Check)
	contests := contest.NewService(contest.Config{
		Store: database, Journal: events, Current: definitions.Current, Definition: definitions.Get, Clock: contest.WallClock(wall), Now: wall,
		Players: func(string) int64 { return 0 }, Changed: func(string) {}, Log: slog.New(slog.DiscardHandler),
	})
	if err := contests.Sync(ctx); err != nil {
		return err
	}
	engine, _, name, err := openEngine(ctx, c.RedisURL, closers)
	if err != nil {
		return err
	}
	differs, verified := false, 0
	for _, one := range contests.Set().All() {
		if c.Contest != "" && one.ID != c.Contest {
			continue
		}
		verified++
		good, err := c.verify(ctx, database, events, engine, name, one)
		if err != nil {
			return fmt.Errorf("contest %s: %w", one.ID, err)
		}
		differs = differs || !good
	}
	switch {
	case differs:
		return errDiffers
	case c.Contest != "" && verified == 0:
		return fmt.Errorf("there is no contest %q in this database", c.Contest)
	case verified == 0:
		_, err = fmt.Println("there is no contest in this database, so there is nothing to verify")
	}
	return err
}

// verify compares journal and standings, then standings and board.
func (c *verifyBoardsCmd) verify(ctx context.Context, database *store.Store, events *journal.Journal, engine board.Engine, name string, one *contest.Live) (good bool, err error) {
	players, difference, err := pipeline.Refold(ctx, database, events, one)
	if err != nil {
		return false, err
	}
	journalSays := fmt.Sprintf("%d players, standings equal the journal", players)
	if difference != "" {
		journalSays = "standings differ from the journal: " + difference
	}
	boardSays, equal := "the board lives in the server and is built from the standings when it starts", true
	if name != "memory" {
		if boardSays, equal, err = compareBoard(ctx, database, engine, name, one.ID); err != nil {
			return false, err
		}
	}
	_, err = fmt.Fprintf(os.Stdout, "%s: %s; %s\n", one.ID, journalSays, boardSays)
	return difference == "" && equal, err
}

func compareBoard(ctx context.Context, database *store.Store, engine board.Engine, name, id string) (says string, equal bool, err error) {
	places, difference, err := board.Verify(ctx, engine, database, id)
	switch {
	case errors.Is(err, board.ErrLost):
		return fmt.Sprintf("the board is not in %s now and is built when a server starts", name), true, nil
	case err != nil:
		return "", false, err
	case difference != nil:
		return fmt.Sprintf("at place %d the board has %q with %d, the standings %q with %d", difference.Place,
			difference.Board.UserID, difference.Board.Units, difference.Standings.UserID, difference.Standings.Units), false, nil
	}
	return fmt.Sprintf("the board equals them at all %d places", places), true, nil
}
