package contest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/laurelhq/laurel/ent/db"
	entcontest "github.com/laurelhq/laurel/ent/db/contest"
	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
)

// ErrNotFound says that there is no contest, player or snapshot of that id.
var ErrNotFound = errors.New("not found")

// Config is what a Service needs.
type Config struct {
	Store   *store.Store
	Journal *journal.Journal
	// Reader reads what contests and events refer to; nil has the service make its own.
	Reader *catalog.Reader
	Clock  Clock
	// Now is for the times of changes, not for windows.
	Now func() time.Time
	// Players counts the players on the board of a contest that is not final.
	Players func(contestID string) int64
	// Changed is told of each contest that is new to this process or has changed. It is not told of those that were final when the process
	// started.
	Changed func(contestID string)
	// Proves has the service pause no contest and end no pause, since it looks at what others work on.
	Proves bool
	Log    *slog.Logger
}

// Service keeps the set of contests and takes them through their life.
type Service struct {
	Config
	set      atomic.Pointer[Set]
	mu       sync.Mutex // one Sync at a time
	finished finished
	skew     skew
}

// NewService returns a service with an empty set; call Sync before use.
func NewService(config Config) *Service {
	if config.Reader == nil {
		config.Reader = catalog.NewReader(config.Journal.Partitions())
	}
	s := &Service{Config: config}
	s.set.Store(emptySet())
	return s
}

// Set returns the contests as of the last Sync.
func (s *Service) Set() *Set { return s.set.Load() }

// Summary shows one contest. That of a final one is shared; do not change it.
func (s *Service) Summary(id string) (*laurelv1.ContestSummary, bool) {
	set := s.Set()
	if c := set.Get(id); c != nil {
		return s.summary(c), true
	}
	if past := set.past.byID[id]; past != nil {
		return past.Summary, true
	}
	return nil, false
}

func (s *Service) summary(c *Live) *laurelv1.ContestSummary {
	summary := c.Summary()
	summary.Players = s.Players(c.ID)
	return summary
}

// List shows all contests: live ones first, then by start, and final ones last, those that started last first, since whoever reads only so
// many wants those. The summaries of final ones are shared; do not change them.
func (s *Service) List() []*laurelv1.ContestSummary {
	set := s.Set()
	list := make([]*laurelv1.ContestSummary, 0, len(set.ordered)+len(set.past.ordered))
	for _, c := range set.ordered {
		list = append(list, s.summary(c))
	}
	for _, past := range set.past.ordered {
		list = append(list, past.Summary)
	}
	return list
}

// Sync brings the set up to what is published. It reads only what has changed since the last time.
func (s *Service) Sync(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.Set()
	if before.Revision < 0 {
		if err := s.repair(ctx); err != nil {
			return fmt.Errorf("repair contests: %w", err)
		}
	}
	after, err := s.follows(ctx, before)
	if err != nil {
		return fmt.Errorf("sync contests: %w", err)
	}
	s.set.Store(after)
	s.tellPauses(ctx, before, after)
	s.announce(ctx, before, after)
	return nil
}

// follows returns the newest set, in which all contests that can't be read are paused: no batch is folded by another one.
func (s *Service) follows(ctx context.Context, before *Set) (after *Set, err error) {
	for range pauseRounds {
		err = s.Store.View(ctx, func(ctx context.Context, tx *store.Tx) error {
			revision, err := catalog.Revision(ctx, tx)
			if after = before; err != nil || revision == before.Revision {
				return err
			}
			after, err = s.load(ctx, tx, before, revision)
			return err
		})
		if err != nil {
			return nil, err
		}
		if changed, err := s.settlePauses(ctx, after, before.Revision < 0); err != nil || !changed {
			return after, err
		}
	}
	return nil, errPausing
}

// load reads the contests that have changed since a set was read, as the view that bears the revision sees them.
func (s *Service) load(ctx context.Context, view *store.Tx, before *Set, revision int64) (*Set, error) {
	told := s.Reader.Unread()
	vocabulary, err := s.Reader.Read(ctx, view)
	if err != nil {
		return nil, err
	}
	for _, unread := range s.Reader.Unread() {
		if !slices.Contains(told, unread) {
			s.Log.ErrorContext(ctx, "a definition can't be read and is left out: what refers to it goes without", "error", unread.Error())
		}
	}
	rows, err := view.Ent().Contest.Query().Where(entcontest.RevisionGT(before.Revision)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read contests: %w", err)
	}
	wanted, known, byID := map[string]int{}, map[string]*Definition{}, map[string]*db.Contest{}
	for _, row := range rows {
		byID[row.ID] = row
		if c := before.Get(row.ID); c != nil && c.Version == row.Version {
			known[row.ID] = c.Definition
		} else if row.State != int(final) {
			wanted[row.ID] = row.Version
		}
	}
	published, err := catalog.Versions(ctx, view, catalog.KindContest, wanted)
	if err != nil {
		return nil, err
	}
	for _, one := range published {
		known[one.Definition.GetId()] = read(one, byID[one.Definition.GetId()])
	}
	return s.take(before, revision, vocabulary, rows, known)
}

// take makes the set that follows one, from changed rows and their definitions.
func (s *Service) take(before *Set, revision int64, vocabulary *catalog.Vocabulary, rows []*db.Contest,
	known map[string]*Definition) (_ *Set, err error) {
	changed, ended := map[string]*Live{}, map[string]*Past{}
	for _, row := range rows {
		if row.State == int(final) {
			ended[row.ID], err = newPast(row)
		} else {
			changed[row.ID], err = newLive(known[row.ID], row, s.Journal.Partitions())
		}
		if err != nil {
			return nil, err
		}
	}
	return before.next(revision, vocabulary, changed, ended), nil
}

// announce tells of what is new or has changed.
func (s *Service) announce(ctx context.Context, before, after *Set) {
	for id, c := range after.byID {
		if old := before.byID[id]; old == nil {
			s.Changed(id)
		} else if old != c {
			s.Log.InfoContext(ctx, "contest changed", "contest", id, "state", c.State.String(), "version", c.Version, "close_seq",
				c.CloseSeq.String())
			s.Changed(id)
		}
	}
	if before.Revision < 0 || before.past == after.past {
		return
	}
	for id, past := range after.past.byID {
		if before.past.byID[id] != past {
			s.Log.InfoContext(ctx, "contest is final", "contest", id, "players", past.Summary.GetPlayers(), "result_hash",
				past.Summary.GetResultHash())
			s.Changed(id)
		}
	}
}
