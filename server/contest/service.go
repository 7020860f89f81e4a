package contest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/laurelhq/laurel/ent/db"
	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
)

// settingRevision holds a number that grows with every change of a contest the fold must know of. The fold reads it in the
// transaction of each batch, so that every event sees one version of every contest.
const settingRevision = "contest_revision"

// maxSyncAttempts bounds how often Sync starts anew because contests changed while it read.
const maxSyncAttempts = 10

// ErrStale says that the set a batch was folded with is not the newest one; the batch must be folded again.
var ErrStale = errors.New("contests have changed")

// ErrNotFound says that there is no contest, player or snapshot of that id.
var ErrNotFound = errors.New("not found")

// Config is what a Service needs.
type Config struct {
	Store   *store.Store
	Journal *journal.Journal
	// Current returns the newest version of every published contest, Definition one version of a definition.
	Current    func(ctx context.Context) ([]catalog.Published, error)
	Definition func(ctx context.Context, kind, id string, version int32) (*laurelv1.Definition, []*laurelv1.Definition, error)
	Clock      Clock
	// Now is for the times of changes, not for windows.
	Now func() time.Time
	// Players counts the players on a contest's board.
	Players func(contestID string) int64
	// Changed is told of each contest that is new to this process or whose state changed.
	Changed func(contestID string)
	Log     *slog.Logger
}

// Service keeps the set of contests and takes them through their life.
type Service struct {
	Config
	set      atomic.Pointer[Set]
	mu       sync.Mutex // one Sync at a time
	compiled map[string]*Definition
}

// NewService returns a service with an empty set; call Sync before use.
func NewService(config Config) *Service {
	s := &Service{Config: config, compiled: map[string]*Definition{}}
	s.set.Store(newSet(-1, nil))
	return s
}

// Set returns the contests as of the last Sync.
func (s *Service) Set() *Set { return s.set.Load() }

// Summary shows one contest.
func (s *Service) Summary(id string) (*laurelv1.ContestSummary, bool) {
	c := s.Set().Get(id)
	if c == nil {
		return nil, false
	}
	summary := c.Summary()
	if c.State != laurelv1.ContestState_CONTEST_STATE_FINAL {
		summary.Players = s.Players(id)
	}
	return summary, true
}

// List shows all contests, live ones first, then by start.
func (s *Service) List() []*laurelv1.ContestSummary {
	all := s.Set().All()
	list := make([]*laurelv1.ContestSummary, 0, len(all))
	for _, c := range all {
		if summary, ok := s.Summary(c.ID); ok {
			list = append(list, summary)
		}
	}
	return list
}

// Sync makes a row for each newly published contest, moves contests to their newest version, and loads the set.
func (s *Service) Sync(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	set, err := s.syncOnce(ctx)
	for attempt := 1; errors.Is(err, ErrStale) && attempt < maxSyncAttempts; attempt++ {
		set, err = s.syncOnce(ctx)
	}
	if err != nil {
		return fmt.Errorf("sync contests: %w", err)
	}
	before := s.set.Swap(set)
	for _, c := range set.All() {
		if old := before.Get(c.ID); old == nil {
			s.Changed(c.ID)
		} else if old.State != c.State || old.Version != c.Version {
			s.Log.InfoContext(ctx, "contest changed", "contest", c.ID, "state", c.State.String(), "version", c.Version, "close_seq", c.CloseSeq)
			s.Changed(c.ID)
		}
	}
	return nil
}

// syncOnce reads what is published and brings the rows up to it. ErrStale when a contest changed in between: then a definition published
// meanwhile could be missing from a set that bears the newest revision.
func (s *Service) syncOnce(ctx context.Context) (set *Set, err error) {
	_, mark, err := s.marks(ctx)
	if err != nil {
		return nil, err
	}
	current, err := s.Current(ctx)
	if err != nil {
		return nil, fmt.Errorf("read published contests: %w", err)
	}
	definitions := make([]*Definition, 0, len(current))
	for _, published := range current {
		definition, err := s.compile(published)
		if err != nil {
			return nil, err
		}
		definitions = append(definitions, definition)
	}
	err = s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		revision, err := lockRevision(ctx, tx)
		if err != nil {
			return err
		}
		published, err := countDefinitions(ctx, tx)
		if err != nil {
			return err
		}
		if published != mark {
			return ErrStale
		}
		set, err = s.adopt(ctx, tx, revision, definitions)
		return err
	})
	if err != nil {
		return nil, err
	}
	set.mark = mark
	return set, s.restoreSettled(ctx, set)
}

// marks reads what tells a set that is out of date: the revision, and the newest published definition of any kind.
func (s *Service) marks(ctx context.Context) (revision, definition int64, err error) {
	err = s.Store.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if revision, err = readRevision(ctx, tx, ""); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		definition, err = countDefinitions(ctx, tx)
		return err
	})
	return revision, definition, err
}

// countDefinitions counts what was ever published: rows are only added, and one with a lower id may be committed after one with a higher.
func countDefinitions(ctx context.Context, tx *store.Tx) (count int64, err error) {
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM definition").Scan(&count); err != nil {
		return 0, fmt.Errorf("count definitions: %w", err)
	}
	return count, nil
}

// restoreSettled gives closed contests the definition they closed with, in place of a newer one.
func (s *Service) restoreSettled(ctx context.Context, set *Set) error {
	for _, c := range set.ordered {
		if c.settledVersion == 0 || c.settledVersion == c.Version {
			continue
		}
		definition, _, err := s.Definition(ctx, catalog.KindContest, c.ID, int32(c.settledVersion))
		if err != nil {
			return fmt.Errorf("read version %d of closed contest %s: %w", c.settledVersion, c.ID, err)
		}
		document, problems := catalog.Parse("", []byte(definition.GetYaml()))
		if len(problems) > 0 {
			return fmt.Errorf("version %d of closed contest %s: %w", c.settledVersion, c.ID, &catalog.Invalid{Problems: problems})
		}
		compiled, err := s.compile(catalog.Published{Definition: definition, Contest: document.Contest})
		if err != nil {
			return err
		}
		c.Definition = compiled
	}
	return nil
}

func (s *Service) compile(published catalog.Published) (*Definition, error) {
	key := published.Definition.GetId() + "@" + strconv.Itoa(int(published.Definition.GetVersion()))
	if known, ok := s.compiled[key]; ok {
		return known, nil
	}
	definition, err := Compile(int(published.Definition.GetVersion()), published.Definition.GetHash(), published.Contest)
	if err != nil {
		return nil, err
	}
	s.compiled[key] = definition
	return definition, nil
}

// adopt brings the contest rows up to the definitions and returns the set they make.
func (s *Service) adopt(ctx context.Context, tx *store.Tx, revision int64, definitions []*Definition) (*Set, error) {
	rows, err := tx.Ent().Contest.Query().All(ctx)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]*db.Contest, len(rows))
	for _, row := range rows {
		byID[row.ID] = row
	}
	folded, err := s.Journal.HighestCursor(ctx, tx)
	if err != nil {
		return nil, err
	}
	changed := false
	live := make([]*Live, 0, len(definitions))
	for _, d := range definitions {
		row, moved, err := s.adoptOne(ctx, tx, d, byID[d.ID], folded)
		if err != nil {
			return nil, fmt.Errorf("contest %s: %w", d.ID, err)
		}
		changed = changed || moved
		live = append(live, newLive(d, row))
	}
	if changed {
		if err := bump(ctx, tx); err != nil {
			return nil, err
		}
		revision++
	}
	return newSet(revision, live), nil
}

// adoptOne makes or moves the row of one contest. One that has closed stays with its version: a newer one that came in the moment it closed
// could have another window, and rounds of it that would never count.
func (s *Service) adoptOne(ctx context.Context, tx *store.Tx, d *Definition, row *db.Contest, folded int64) (_ *db.Contest, changed bool, err error) {
	now := s.Now().UnixMicro()
	switch {
	case row == nil:
		row, err = tx.Ent().Contest.Create().SetID(d.ID).SetVersion(d.Version).SetState(int(laurelv1.ContestState_CONTEST_STATE_SCHEDULED)).
			SetStartTs(d.Start).SetEndTs(d.End).SetGraceEndTs(d.GraceEnd).SetOpenSeq(folded).SetChangedAt(now).Save(ctx)
		return row, true, err
	case row.Version < d.Version && row.CloseSeq == nil:
		row, err = tx.Ent().Contest.UpdateOne(row).SetVersion(d.Version).SetStartTs(d.Start).SetEndTs(d.End).SetGraceEndTs(d.GraceEnd).
			SetChangedAt(now).Save(ctx)
		return row, true, err
	}
	return row, false, nil
}

// lockRevision reads the revision and keeps others from changing it until the transaction ends.
func lockRevision(ctx context.Context, tx *store.Tx) (int64, error) {
	if _, err := tx.ExecContext(ctx, "INSERT INTO setting (id, value) VALUES ('"+settingRevision+"', '0') ON CONFLICT (id) DO NOTHING"); err != nil {
		return 0, err
	}
	return readRevision(ctx, tx, " FOR UPDATE")
}

func readRevision(ctx context.Context, tx *store.Tx, lock string) (int64, error) {
	query := "SELECT value FROM setting WHERE id = '" + settingRevision + "'"
	if tx.Dialect() == store.Postgres {
		query += lock
	}
	var text string
	if err := tx.QueryRowContext(ctx, query).Scan(&text); err != nil {
		return 0, fmt.Errorf("read contest revision: %w", err)
	}
	return strconv.ParseInt(text, 10, 64)
}

func bump(ctx context.Context, tx *store.Tx) error {
	_, err := tx.ExecContext(ctx, "UPDATE setting SET value = CAST(CAST(value AS bigint) + 1 AS text) WHERE id = '"+settingRevision+"'")
	if err != nil {
		return fmt.Errorf("raise contest revision: %w", err)
	}
	return nil
}

// CheckRevision returns ErrStale when the set is not the newest one. It keeps contests from changing until the transaction ends.
func (s *Set) CheckRevision(ctx context.Context, tx *store.Tx) error {
	revision, err := readRevision(ctx, tx, " FOR SHARE")
	if err != nil {
		return err
	}
	if revision != s.Revision {
		return ErrStale
	}
	return nil
}
