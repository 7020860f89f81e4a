package contest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/laurelhq/laurel/ent/db"
	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
)

// read compiles what is published of a contest. One that this version of Laurel can't read is there all the same, with what could be read
// of it and the window of its row.
func read(published catalog.Published, row *db.Contest) *Definition {
	d, err := compile(published)
	var unread *catalog.Unread
	if !errors.As(err, &unread) {
		return d
	}
	written := definitionOf(published)
	d = describe(row.Version, published.Definition.GetHash(), written)
	d.ID, d.Unread = row.ID, unread
	d.Title = cmp.Or(d.Title, d.ID)
	d.Start, d.End, d.GraceEnd, d.Zone = row.StartTs, row.EndTs, row.GraceEndTs, written.GetWindow().GetTz()
	return d
}

// Unread lists the published versions in use that this process can't read: contests that are not final, then what they refer to.
func (s *Service) Unread() []*catalog.Unread {
	var list []*catalog.Unread
	for _, c := range s.Set().All() {
		if c.Unread != nil {
			list = append(list, c.Unread)
		}
	}
	return append(list, s.Reader.Unread()...)
}

// pauseRounds bounds how often a set is read again since others changed contests while it was about to pause some.
const pauseRounds = 10

var errPausing = errors.New("contests change faster than those among them that can't be read can be paused; try again")

// settlePauses has every contest of a set that this process can't read take no events, whichever process folds them, and when the process
// starts those that it can read again take them. It reports whether the set is of the past then.
func (s *Service) settlePauses(ctx context.Context, set *Set, starts bool) (changed bool, err error) {
	wanted := map[*Live]func(at journal.Positions, now time.Time) []Pause{}
	for _, c := range set.All() {
		switch {
		case c.Unread != nil && !c.Paused():
			wanted[c] = func(at journal.Positions, now time.Time) []Pause { return paused(c.Pauses, at, now, c.Unread.Reason()) }
		case starts && c.Unread == nil && c.Paused() && len(c.Pauses) < maxPauses:
			wanted[c] = func(at journal.Positions, now time.Time) []Pause { return resumed(c.Pauses, at, now) }
		}
	}
	if len(wanted) == 0 || s.Proves {
		return false, nil
	}
	err = s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := catalog.Change(ctx, tx, func(revision int64) (bool, error) {
			if revision-1 != set.Revision {
				return false, nil // the next look at the contests tells what to do
			}
			at, err := s.Journal.Cursors(ctx, tx) // no batch is committed meanwhile
			if err != nil {
				return false, err
			}
			now := s.Now()
			for c, pauses := range wanted {
				encoded, err := encodePauses(pauses(at, now))
				if err != nil {
					return false, err
				}
				err = tx.Ent().Contest.UpdateOneID(c.ID).SetPauses(encoded).SetRevision(revision).SetChangedAt(now.UnixMicro()).Exec(ctx)
				if err != nil {
					return false, fmt.Errorf("store pauses: %w", err)
				}
			}
			return true, nil
		})
		return err
	})
	if err != nil {
		return false, fmt.Errorf("pause contests: %w", err)
	}
	return true, nil
}

// tellPauses has the log say what a set can't read, and which contests take events again, unless the set before said so.
func (s *Service) tellPauses(ctx context.Context, before, after *Set) {
	for id, c := range after.byID {
		old := before.byID[id]
		switch {
		case c.Unread != nil && (old == nil || old.Unread != c.Unread):
			s.Log.ErrorContext(ctx, "a contest can't be read: it takes no events until a version that can be read is published; all others go on",
				"contest", id, "error", c.Unread.Error())
		case c.Unread == nil && c.Paused() && (old == nil || !old.Paused()):
			s.Log.ErrorContext(ctx, "a contest takes no events, since another process can't read it: bring all processes to one version and "+
				"start them again, or publish what all of them can read", "contest", id, "reason", c.Pauses[len(c.Pauses)-1].Reason)
		case old != nil && old.Paused() && !c.Paused():
			s.Log.WarnContext(ctx, "a contest takes events again; what was folded while it could not be read does not count", "contest", id)
		}
	}
}

// mends refuses a version that follows one which can't be read and moves what the contest's row says of its window: the start; the end into
// the past; and once it has closed its end too.
func (s *Service) mends(row *db.Contest, d *Definition) error {
	now := s.Clock.Now(d.Markets, d.Brands).UnixMicro()
	refuse := func(field, said string, was int64) error {
		return &catalog.Invalid{Problems: []catalog.Problem{{
			Field: field, Message: fmt.Sprintf("%s %s, as in the versions before, of which the last can't be read", said,
				time.UnixMicro(was).UTC().Format(time.RFC3339Nano)),
		}}}
	}
	switch {
	case d.Start != row.StartTs:
		return refuse("window.start", "must stay", row.StartTs)
	case row.CloseSeq != nil && (d.End != row.EndTs || d.GraceEnd != row.GraceEndTs):
		return refuse("window.end", "must stay, since the contest has closed, with its grace,", row.EndTs)
	case d.End != row.EndTs && d.End < now:
		return refuse("window.end", "must be to come, or stay", row.EndTs)
	}
	return nil
}

// pastDefinition is what is kept of a final contest whose definition can't be read: all that tells the order of its places.
func pastDefinition(shown *laurelv1.ContestSummary, unread *catalog.Unread) *Definition {
	return &Definition{
		ID: shown.GetId(), Version: int(shown.GetVersion()), Hash: shown.GetDefinitionHash(), Title: shown.GetTitle(),
		Start: shown.GetStart().AsTime().UnixMicro(), End: shown.GetEnd().AsTime().UnixMicro(),
		GraceEnd: shown.GetGraceEnd().AsTime().UnixMicro(),
		Zone:     shown.GetTz(), Model: models[shown.GetType()], Type: shown.GetType(), N: int(shown.GetN()), Precision: shown.GetPrecision(),
		Markets: shown.GetMarkets(), Brands: shown.GetBrands(), TieBreaks: tieBreaks(shown.GetTiebreaker()), Unread: unread,
	}
}
