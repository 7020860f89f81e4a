package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"math"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/archive"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/fold"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
)

// Refolded is what folding the journal anew says of one contest.
type Refolded struct {
	Contest *contest.Live
	// Reading tells by which reading of the journal it was folded, from 1.
	Reading int
	// Players is how many have a standing by the journal.
	Players int64
	// Difference is the first one between the journal and the stored standings, in words; empty when they are equal.
	Difference string
	// Unread says that this version of Laurel can't read the definition, so that nothing of the contest was folded; nil when it can.
	Unread *catalog.Unread
	// Frozen is the first one between the standings of a final contest and its frozen result, in words; empty when they are equal.
	Frozen string
}

// Refold folds the journal into fresh standings of contests, by the program of the live fold, and compares them with the stored ones.
// Nothing may be folded meanwhile; what was not folded yet is left out. Ranges of the journal that were dropped are read from archives;
// without them nothing is said of any contest, since an event of long ago may have made the profile that a later one is scored by. A
// contest that was scored by several versions is folded by the newest one, and what that changed shows as differences.
func Refold(ctx context.Context, s *store.Store, j *journal.Journal, past *archive.Shelf, contests []*contest.Live,
	report func(Refolded) error) error {
	return RefoldWithin(ctx, s, j, past, math.MaxInt, contests, report)
}

// RefoldWithin is Refold with so many bytes for standings and players. It reads the journal once for all contests, or once for as many of
// them as there turns out to be room for.
func RefoldWithin(
	ctx context.Context, s *store.Store, j *journal.Journal, past *archive.Shelf, room int, contests []*contest.Live,
	report func(Refolded) error,
) error {
	reader := catalog.NewReader(j.Partitions())
	err := s.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := reader.Read(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	reading := 0
	readable, err := refoldable(ctx, s, contests, report)
	if err != nil {
		return err
	}
	for waiting := readable; len(waiting) > 0; {
		reading++
		p := newPass(reader.Newest(), room, waiting)
		if err := play(ctx, s, j, past, p); err != nil {
			return err
		}
		waiting = waiting[len(p.contests):]
		want := standingsOf(p.cache)
		for _, c := range p.contests {
			result := Refolded{Contest: c, Reading: reading}
			result.Players, result.Difference, err = compareStandings(ctx, s, c, want[c.ID])
			if err != nil {
				return err
			}
			if err := result.settle(ctx, s, report); err != nil {
				return err
			}
		}
	}
	return nil
}

// refoldable reports the contests whose definition can't be read, and returns the others.
func refoldable(ctx context.Context, s *store.Store, contests []*contest.Live,
	report func(Refolded) error) (readable []*contest.Live, err error) {
	for _, c := range contests {
		if c.Unread == nil {
			readable = append(readable, c)
			continue
		}
		result := Refolded{Contest: c, Unread: c.Unread}
		if err := result.settle(ctx, s, report); err != nil {
			return nil, err
		}
	}
	return readable, nil
}

// settle compares a final contest with its frozen result, and reports.
func (r *Refolded) settle(ctx context.Context, s *store.Store, report func(Refolded) error) (err error) {
	if r.Contest.State == laurelv1.ContestState_CONTEST_STATE_FINAL {
		if r.Frozen, err = contest.VerifyFinal(ctx, s, r.Contest); err != nil {
			return err
		}
	}
	return report(*r)
}

// play folds what was folded of the journal in one pass over it.
func play(ctx context.Context, s *store.Store, j *journal.Journal, past *archive.Shelf, p *pass) error {
	var folded journal.Positions
	err := s.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		folded, err = j.Cursors(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	letters, err := j.BuriedIn(ctx, stageCommit)
	if err != nil {
		return err
	}
	refused := make(map[fold.Place]bool, len(letters))
	for i := range letters {
		refused[fold.Place{Partition: letters[i].Partition, Seq: letters[i].Seq}] = true
	}
	history, err := past.History(ctx, j)
	if err != nil {
		return err
	}
	events := make([]fold.Event, 0, DefaultBatch)
	for record, err := range history {
		if err != nil {
			return err
		}
		if e := fold.Decode(&record); e.Within(folded) && !refused[e.Place] {
			events = append(events, e)
		}
		if len(events) == DefaultBatch {
			if err := p.fold(ctx, events); err != nil {
				return err
			}
			events = events[:0]
		}
	}
	return p.fold(ctx, events)
}

func playBatch(ctx context.Context, program *Program, scratch *fold.Scratch, events []fold.Event) error {
	for i := range events {
		program.Need(&events[i], scratch)
	}
	if err := scratch.Load(ctx, nil); err != nil {
		return err
	}
	var out fold.Effects // what the events did beside standings was kept when they were folded
	for i := range events {
		_ = program.apply(&events[i], scratch, &out) // an event that fails was buried
	}
	scratch.Adopt()
	return nil
}

// standingsOf are the standings that a journal gave, by contest and player.
func standingsOf(fresh *fold.Cache) map[string]map[string]*fold.Row {
	found := map[string]map[string]*fold.Row{}
	for row := range fresh.All() {
		if row.Table != fold.Standing || row.Seq == 0 {
			continue
		}
		if found[row.Definition] == nil {
			found[row.Definition] = map[string]*fold.Row{}
		}
		found[row.Definition][row.Subject] = row
	}
	return found
}

// compareStandings compares what is stored of a contest, its columns and its states, with what the journal gives.
func compareStandings(ctx context.Context, s *store.Store, c *contest.Live,
	want map[string]*fold.Row) (players int64, difference string, err error) {
	players = int64(len(want))
	var keys []fold.Key
	columns := map[string]contest.Moved{}
	err = s.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		for row, err := range contest.Columns(ctx, tx, c.ID) {
			if err != nil {
				return err
			}
			keys = append(keys, contest.KeyOf(c.ID, row.UserID))
			columns[row.UserID] = row
		}
		return nil
	})
	if err != nil {
		return 0, "", err
	}
	for from := 0; from < len(keys); from += DefaultBatch {
		rows, err := Tables[fold.Standing].Load(ctx, s, keys[from:min(from+DefaultBatch, len(keys))])
		if err != nil {
			return 0, "", err
		}
		for _, row := range rows {
			difference := compareStanding(row, want[row.Subject], c.Version)
			if difference == "" {
				difference = compareColumns(columns[row.Subject], contest.Of(row), want[row.Subject])
			}
			if difference != "" {
				return players, difference, nil
			}
			delete(want, row.Subject)
		}
	}
	for user, row := range want {
		return players, fmt.Sprintf("player %q has no standing and the journal gives %d", user, contest.Of(row).Units), nil
	}
	return players, "", nil
}

// compareColumns says how the columns of a standing, which boards are made of, differ from its state, or nothing. Rounds that are not among
// those that make up the score counted in older versions of Laurel, and moved the position.
func compareColumns(stored contest.Moved, had *contest.Standing, want *fold.Row) string {
	gives := contest.Of(want)
	moved := stored.Rounds == gives.Rounds && stored.Seq == want.Seq
	if had.Counted > 0 {
		moved = stored.Rounds == had.Counted && stored.Seq >= want.Seq
	}
	if moved && stored.Units == gives.Units && stored.Tie == gives.Tie && stored.Partition == want.Partition {
		return ""
	}
	return fmt.Sprintf("player %q is on boards with %d from %d rounds, last at position %d of partition %d; the journal gives %d from %d "+
		"at %d of %d",
		stored.UserID, stored.Units, stored.Rounds, stored.Seq, stored.Partition, gives.Units, gives.Rounds, want.Seq, want.Partition)
}

// compareStanding says how a stored standing differs from what the journal gives, or nothing.
func compareStanding(stored, want *fold.Row, newest int) string {
	if stored.Damaged != nil {
		return stored.Damaged.Error()
	}
	had := contest.Of(stored)
	if want == nil {
		return fmt.Sprintf("player %q is stored with %d and the journal has nothing of him", stored.Subject, had.Units)
	}
	gives := contest.Of(want)
	switch {
	case bytes.Equal(had.AppendBinary(nil), gives.AppendBinary(nil)) && had.Tie == gives.Tie:
		return ""
	case stored.Version != newest:
		return fmt.Sprintf("player %q was scored by version %d too, and the newest, %d, alone would give %d for his %d", stored.Subject,
			stored.Version, newest, gives.Units, had.Units)
	default:
		return fmt.Sprintf("player %q is stored with %d from %d rounds, the journal gives %d from %d", stored.Subject, had.Units, had.Rounds,
			gives.Units, gives.Rounds)
	}
}
