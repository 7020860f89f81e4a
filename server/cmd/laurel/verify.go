package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/pipeline"
	"github.com/laurelhq/laurel/server/player"
	"github.com/laurelhq/laurel/server/store"
)

type verifyCmd struct {
	Boards verifyBoardsCmd `cmd:"" help:"Fold the journal anew and compare standings and boards with it, place by place. Stop the servers first."`
}

type verifyBoardsCmd struct {
	storage
	Contest string   `help:"Only this contest." placeholder:"ID"`
	Archive []string `help:"Folder with archives of ranges of the journal that were dropped; may be named more than once." placeholder:"DIR" type:"existingdir"`
}

var errDiffers = errors.New("boards, standings, players or keys of events differ from the journal")

// errUnread is told when nothing differs, but something can't be proven.
var errUnread = errors.New("this version of Laurel can't read some contests, so nothing is proven of their standings; verify with the " +
	"version that published them, or publish versions that this one can read")

// namedDifferences is how many differences of a kind are named, the others are counted.
const namedDifferences = 10

// tellAll says how some things differ from the journal, and whether any does.
func tellAll(out io.Writer, what string, verify func(differs func(text string)) error) (differ bool, err error) {
	count := 0
	err = verify(func(text string) {
		if count++; count <= namedDifferences {
			_, _ = fmt.Fprintf(out, "%s: %s\n", what, text)
		}
	})
	if count > namedDifferences {
		_, _ = fmt.Fprintf(out, "%s: %d more differences\n", what, count-namedDifferences)
	}
	return count > 0, err
}

// verifyRows looks at what is stored beside contests: ranges of the journal, its events and their keys, and what is known of players.
func verifyRows(ctx context.Context, out io.Writer, database *store.Store, events *journal.Journal) (differ bool, err error) {
	for _, rows := range []struct {
		what   string
		verify func(differs func(text string)) error
	}{
		{"ranges of the journal", func(differs func(string)) error { return events.VerifyRanges(ctx, differs) }},
		{"events and their keys", func(differs func(string)) error { return events.VerifyKeys(ctx, differs) }},
		{"players", func(differs func(string)) error { return player.Verify(ctx, database, differs) }},
	} {
		found, err := tellAll(out, rows.what, rows.verify)
		if differ = differ || found; err != nil {
			return differ, err
		}
	}
	return differ, nil
}

// Run verifies and says what it found.
func (c *verifyBoardsCmd) Run(ctx context.Context) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	past, err := lookForArchives(os.Stderr, c.Archive)
	if err != nil {
		return err
	}
	logRedis(slog.New(slog.DiscardHandler)) // what goes wrong is in the error
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
	contests := contest.NewService(contest.Config{
		Store: database, Journal: events, Clock: contest.WallClock(wall), Now: wall,
		Players: func(string) int64 { return 0 }, Changed: func(string) {}, Proves: true,
		Log: slog.New(slog.DiscardHandler),
	})
	if err := contests.Sync(ctx); err != nil {
		return err
	}
	for _, unread := range contests.Reader.Unread() {
		if _, err := fmt.Fprintf(os.Stdout, "%v; what counted by it is folded without it\n", unread); err != nil {
			return err
		}
	}
	boards, err := openRanks(ctx, c.RedisURL, closers)
	if err != nil {
		return err
	}
	chosen, err := c.choose(ctx, contests)
	if err != nil {
		return err
	}
	differs, unread := false, false
	if c.Contest == "" {
		if differs, err = verifyRows(ctx, os.Stdout, database, events); err != nil {
			return err
		}
	}
	err = pipeline.RefoldWithin(ctx, database, events, past, refoldRoom(), chosen, func(result pipeline.Refolded) error {
		good, err := c.verify(ctx, database, boards, result)
		differs, unread = differs || !good, unread || result.Unread != nil
		if err != nil {
			return fmt.Errorf("contest %s: %w", result.Contest.ID, err)
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case differs:
		return errDiffers
	case unread:
		return errUnread
	case len(chosen) == 0 && c.Contest != "":
		return fmt.Errorf("there is no contest %q in this database", c.Contest)
	case len(chosen) == 0:
		_, err = fmt.Println("there is no contest in this database, so there is nothing to verify")
	}
	return err
}

// choose returns the contests to verify, final ones among them.
func (c *verifyBoardsCmd) choose(ctx context.Context, contests *contest.Service) (chosen []*contest.Live, err error) {
	for _, summary := range contests.List() {
		if c.Contest != "" && summary.GetId() != c.Contest {
			continue
		}
		one, err := contests.Get(ctx, summary.GetId())
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, one)
	}
	return chosen, nil
}

// verify compares journal and standings, then standings and what is shown: the board, or the frozen places of a final contest.
func (c *verifyBoardsCmd) verify(ctx context.Context, database *store.Store, boards ranks,
	result pipeline.Refolded) (good bool, err error) {
	one := result.Contest
	journalSays := fmt.Sprintf("%d players, standings equal the journal", result.Players)
	switch {
	case result.Unread != nil:
		journalSays = "standings are not compared with the journal: " + result.Unread.Error()
	case result.Difference != "":
		journalSays = "standings differ from the journal: " + result.Difference
	}
	boardSays, equal := "the board lives in the server and is built from the standings when it starts", true
	switch {
	case result.Frozen != "":
		boardSays, equal = "the final result differs from them: "+result.Frozen, false
	case one.State == laurelv1.ContestState_CONTEST_STATE_FINAL:
		boardSays = "the frozen places and the result hash equal them"
	case boards.client != nil:
		if boardSays, equal, err = compareBoard(ctx, database, boards, one.ID); err != nil {
			return false, err
		}
	}
	_, err = fmt.Fprintf(os.Stdout, "%s: %s; %s\n", one.ID, journalSays, boardSays)
	return result.Difference == "" && equal, err
}

func compareBoard(ctx context.Context, database *store.Store, boards ranks, id string) (says string, equal bool, err error) {
	places, difference, err := board.Verify(ctx, boards.engine, database, id)
	switch {
	case errors.Is(err, board.ErrLost):
		return fmt.Sprintf("the board is not, or not as a whole, in %s now; a server builds it when it starts", boards.name), true, nil
	case err != nil:
		return "", false, err
	case difference != nil:
		return fmt.Sprintf("at place %d the board has %q with %d, the standings %q with %d", difference.Place,
			difference.Board.UserID, difference.Board.Units, difference.Standings.UserID, difference.Standings.Units), false, nil
	}
	return fmt.Sprintf("the board equals them at all %d places", places), true, nil
}
