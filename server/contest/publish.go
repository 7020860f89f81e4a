package contest

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/laurelhq/laurel/ent/db"
	entcontest "github.com/laurelhq/laurel/ent/db/contest"
	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/store"
)

// MaxOpen bounds the contests that are not final. Every process keeps all of them compiled, and looks at each several times a second.
const MaxOpen = 10_000

// Limit is the error of a contest for which there is no room.
type Limit struct {
	// ContestID names the contest that was not published.
	ContestID string
}

// Error says what to do.
func (e *Limit) Error() string {
	return fmt.Sprintf("there is no room for contest %s: %d contests are not final yet, and that is as many as may be; publish it again "+
		"once one of them is final", e.ContestID, MaxOpen)
}

// Adopt follows a publication when it is that of a contest, in the transaction that stores the version: it makes the contest's row or moves
// it to the version. It is a catalog.Config.Adopt. Errors: *Limit, and *catalog.Invalid when the contest has closed, after which only its
// title can change.
func (s *Service) Adopt(ctx context.Context, tx *store.Tx, published catalog.Published) error {
	if published.Definition.GetKind() != catalog.KindContest {
		return nil
	}
	d, err := compile(published)
	if err != nil {
		return err
	}
	row, err := tx.Ent().Contest.Get(ctx, d.ID)
	switch {
	case db.IsNotFound(err):
		if err := room(ctx, tx, d.ID); err != nil {
			return err
		}
		return s.schedule(ctx, tx, d, published.Revision)
	case err != nil:
		return fmt.Errorf("read contest: %w", err)
	case row.State == int(final) && published.TitleOnly:
		return s.retitle(ctx, tx, row, d.Title, published.Revision)
	case row.State == int(final):
		return refusal(d.ID, "is final")
	case published.ScoresUnread && row.CloseSeq != nil:
		return &catalog.Invalid{Problems: []catalog.Problem{{
			Message: fmt.Sprintf("contest %s has closed and its result comes from the version it closed with, of which this version of Laurel "+
				"can't read how it scores; start a version of Laurel that can", d.ID),
		}}}
	case published.Mends && row.Version == d.Version-1:
		if err := s.mends(row, d); err != nil {
			return err
		}
	case row.CloseSeq != nil && (!published.TitleOnly || row.Version != d.Version-1):
		return refusal(d.ID, "has closed")
	}
	return s.follow(ctx, tx, row, d, published.Revision)
}

func refusal(id, since string) error {
	return &catalog.Invalid{Problems: []catalog.Problem{{
		Message: fmt.Sprintf("contest %s %s and its result comes from the version it closed with; only the title can change. Publish a new "+
			"contest with another id", id, since),
	}}}
}

// room returns *Limit when no further contest fits.
func room(ctx context.Context, tx *store.Tx, id string) error {
	open, err := tx.Ent().Contest.Query().Where(entcontest.StateIn(int(scheduled), int(live), int(closing))).Count(ctx)
	if err != nil {
		return fmt.Errorf("count open contests: %w", err)
	}
	if open >= MaxOpen {
		return &Limit{ContestID: id}
	}
	return nil
}

// schedule makes the row of a new contest. Events that were folded before do not count in it.
func (s *Service) schedule(ctx context.Context, tx *store.Tx, d *Definition, revision int64) error {
	folded, err := s.Journal.Cursors(ctx, tx)
	if err != nil {
		return err
	}
	return tx.Ent().Contest.Create().SetID(d.ID).SetVersion(d.Version).SetState(int(scheduled)).SetStartTs(d.Start).SetEndTs(d.End).
		SetGraceEndTs(d.GraceEnd).
		SetOpenSeq(folded.String()).SetRevision(revision).SetChangedAt(s.Now().UnixMicro()).Exec(ctx)
}

// follow moves a contest to another version, by which it takes events from now on. One that has closed is given another title so; its place
// and end stay as they are.
func (s *Service) follow(ctx context.Context, tx *store.Tx, row *db.Contest, d *Definition, revision int64) error {
	c, err := newLive(d, row, s.Journal.Partitions())
	if err != nil {
		return err
	}
	change := tx.Ent().Contest.UpdateOne(row)
	if c.Paused() {
		at, err := s.Journal.Cursors(ctx, tx)
		if err != nil {
			return err
		}
		encoded, err := encodePauses(resumed(c.Pauses, at, s.Now()))
		if err != nil {
			return err
		}
		change.SetPauses(encoded)
	}
	return change.SetVersion(d.Version).SetStartTs(d.Start).SetEndTs(d.End).SetGraceEndTs(d.GraceEnd).
		SetRevision(revision).SetChangedAt(s.Now().UnixMicro()).Exec(ctx)
}

// retitle changes what a final contest is called. It stays with the version that its result was made from.
func (s *Service) retitle(ctx context.Context, tx *store.Tx, row *db.Contest, title string, revision int64) error {
	shown, err := s.shown(ctx, tx, row)
	if err != nil {
		return err
	}
	shown.Facts.Title = title
	summary, err := proto.Marshal(shown)
	if err != nil {
		return fmt.Errorf("encode summary: %w", err)
	}
	return tx.Ent().Contest.UpdateOne(row).SetSummary(summary).SetRevision(revision).SetChangedAt(s.Now().UnixMicro()).Exec(ctx)
}

// compile prepares a published contest for the fold. The error is a *catalog.Unread.
func compile(published catalog.Published) (*Definition, error) {
	if published.Unread != nil {
		return nil, published.Unread
	}
	d, err := Compile(int(published.Definition.GetVersion()), published.Definition.GetHash(), definitionOf(published))
	if err != nil {
		return nil, published.Unreadable(err.Error())
	}
	return d, nil
}

// definitionOf is what a published contest says; nil for another kind.
func definitionOf(published catalog.Published) *laurelv1.Contest {
	definition, _ := published.Message.(*laurelv1.Contest)
	return definition
}
