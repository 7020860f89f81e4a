package contest

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/laurelhq/laurel/ent/db"
	entcontest "github.com/laurelhq/laurel/ent/db/contest"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/store"
)

// repairSlice is how many rows are made good in one transaction.
const repairSlice = 100

// repair brings a database up to what Adopt and finalise leave behind: older versions of Laurel made rows some time after the publication,
// and kept no summaries. It refuses no contest, however many there are: they were published.
func (s *Service) repair(ctx context.Context) error {
	missing, err := s.notAdopted(ctx)
	if err != nil {
		return err
	}
	for len(missing) > 0 {
		slice := make(map[string]int, repairSlice)
		for id, version := range missing {
			if len(slice) < repairSlice {
				slice[id] = version
				delete(missing, id)
			}
		}
		if err := s.adoptAll(ctx, slice); err != nil {
			return err
		}
	}
	for after, more := "", true; more; {
		if after, more, err = s.summarise(ctx, after); err != nil {
			return err
		}
	}
	return nil
}

// notAdopted finds the newest version of each contest whose row is missing or behind. One that has closed stays with the version it closed
// with.
func (s *Service) notAdopted(ctx context.Context) (missing map[string]int, err error) {
	err = s.Store.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if missing, err = catalog.Newest(ctx, tx, catalog.KindContest); err != nil {
			return err
		}
		rows, err := tx.Ent().Contest.Query().Select(entcontest.FieldID, entcontest.FieldVersion, entcontest.FieldCloseSeq).All(ctx)
		if err != nil {
			return fmt.Errorf("read contests: %w", err)
		}
		for _, row := range rows {
			if row.CloseSeq != nil || row.Version >= missing[row.ID] {
				delete(missing, row.ID)
			}
		}
		return nil
	})
	return missing, err
}

// adoptAll makes or moves the rows of some contests.
func (s *Service) adoptAll(ctx context.Context, versions map[string]int) error {
	return s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		published, err := catalog.Versions(ctx, tx, catalog.KindContest, versions)
		if err != nil {
			return err
		}
		_, err = catalog.Change(ctx, tx, func(revision int64) (changed bool, err error) {
			for _, one := range published {
				d, err := compile(one)
				if err != nil {
					s.Log.ErrorContext(ctx, "a contest can't be read and is left out", "error", err.Error())
					continue
				}
				moved, err := s.adoptLate(ctx, tx, d, revision)
				if err != nil {
					return false, fmt.Errorf("contest %s: %w", d.ID, err)
				}
				changed = changed || moved
			}
			return changed, nil
		})
		return err
	})
}

// adoptLate looks again, since another process may repair at the same time.
func (s *Service) adoptLate(ctx context.Context, tx *store.Tx, d *Definition, revision int64) (bool, error) {
	row, err := tx.Ent().Contest.Get(ctx, d.ID)
	switch {
	case db.IsNotFound(err):
		return true, s.schedule(ctx, tx, d, revision)
	case err != nil:
		return false, err
	case row.CloseSeq != nil || row.Version >= d.Version:
		return false, nil
	}
	return true, s.follow(ctx, tx, row, d, revision)
}

// summarise keeps the summaries of some final contests that lack them, from behind an id on, and tells whether there may be more. It
// changes nothing that anyone has read. Those that can't be read stay without.
func (s *Service) summarise(ctx context.Context, after string) (last string, more bool, err error) {
	err = s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		lacking := entcontest.And(entcontest.State(int(final)), entcontest.SummaryIsNil())
		rows, err := tx.Ent().Contest.Query().Where(lacking, entcontest.IDGT(after)).Order(entcontest.ByID()).Limit(repairSlice).All(ctx)
		if err != nil {
			return fmt.Errorf("read final contests: %w", err)
		}
		more = len(rows) == repairSlice
		for _, row := range rows {
			last = row.ID
			shown, err := s.shown(ctx, tx, row)
			var unread *catalog.Unread
			if errors.As(err, &unread) {
				s.Log.ErrorContext(ctx, "a final contest can't be read: its result is shown without its rules", "error", unread.Error())
				continue
			}
			if err != nil {
				return fmt.Errorf("contest %s: %w", row.ID, err)
			}
			summary, err := proto.Marshal(shown)
			if err != nil {
				return fmt.Errorf("encode summary: %w", err)
			}
			if err := tx.Ent().Contest.Update().Where(entcontest.ID(row.ID), lacking).SetSummary(summary).Exec(ctx); err != nil {
				return fmt.Errorf("keep summary: %w", err)
			}
		}
		return nil
	})
	return last, more, err
}
