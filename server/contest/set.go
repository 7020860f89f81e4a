package contest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/laurelhq/laurel/ent/db"
	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/rule"
)

// Live is a published contest and where it stands. A set holds those that are not final.
type Live struct {
	*Definition
	State laurelv1.ContestState
	// CloseSeq are the last journal positions that count; nil while the contest takes events.
	CloseSeq   journal.Positions
	ResultHash string
	// FinalPlayers is the number of places of a final contest.
	FinalPlayers int64
	// OpenSeq are the journal positions up to which events were folded before the contest was published; they do not count.
	OpenSeq journal.Positions
	// Pauses are the times in which it took no events, in order.
	Pauses []Pause
	// pauses are those as they are stored, by which a transition sees that none has begun meanwhile.
	pauses []byte
}

func newLive(d *Definition, row *db.Contest, partitions int) (c *Live, err error) {
	c = &Live{Definition: d, State: laurelv1.ContestState(row.State), ResultHash: row.ResultHash, FinalPlayers: row.Players}
	if c.OpenSeq, err = journal.ParsePositions(row.OpenSeq, partitions); err != nil {
		return nil, fmt.Errorf("contest %s: open_seq: %w", d.ID, err)
	}
	c.pauses = row.Pauses
	if c.Pauses, err = decodePauses(row.Pauses, partitions); err != nil {
		return nil, fmt.Errorf("contest %s: %w", d.ID, err)
	}
	if row.CloseSeq == nil {
		return c, nil
	}
	if c.CloseSeq, err = journal.ParsePositions(*row.CloseSeq, partitions); err != nil {
		return nil, fmt.Errorf("contest %s: close_seq: %w", d.ID, err)
	}
	return c, nil
}

// Set is all published contests at one revision. It is immutable.
type Set struct {
	// Revision grows with every change of a contest that the fold must know of.
	Revision int64
	// Known is what is published that contests and events refer to.
	Known   *catalog.Vocabulary
	byID    map[string]*Live
	ordered []*Live
	index   *rule.Index
	past    *pastIndex
}

func emptySet() *Set { return &Set{Revision: -1, index: rule.NewIndex(nil), past: &pastIndex{}} }

// next returns the set in which some contests are new or changed and some have become final; everything else is carried over.
func (s *Set) next(revision int64, known *catalog.Vocabulary, changed map[string]*Live, ended map[string]*Past) *Set {
	n := &Set{Revision: revision, Known: known, byID: make(map[string]*Live, len(s.byID)+len(changed)), index: s.index, past: s.past}
	rules := false // whether other rules may match an event than before
	for id, c := range s.byID {
		if ended[id] != nil {
			rules = true
			continue
		}
		n.byID[id] = c
	}
	for id, c := range changed {
		rules = rules || n.byID[id] == nil || n.byID[id].Definition != c.Definition
		n.byID[id] = c
	}
	n.ordered = slices.SortedFunc(maps.Values(n.byID), func(a, b *Live) int {
		return cmp.Or(stateOrder(a.State)-stateOrder(b.State), cmp.Compare(a.Start, b.Start), cmp.Compare(a.ID, b.ID))
	})
	if rules {
		programs := make([]*rule.Program, 0, len(n.ordered))
		for _, c := range n.ordered {
			if c.Program != nil {
				programs = append(programs, c.Program)
			}
		}
		n.index = rule.NewIndex(programs)
	}
	n.index = n.index.With(known)
	if len(ended) > 0 {
		n.past = s.past.with(ended)
	}
	return n
}

// stateOrder lists contests as people look for them.
func stateOrder(state laurelv1.ContestState) int {
	return slices.Index([]laurelv1.ContestState{live, closing, scheduled, final}, state)
}

// Get returns a contest that is not final by id, nil when there is none.
func (s *Set) Get(id string) *Live { return s.byID[id] }

// All returns the contests that are not final, live ones first, then by start.
func (s *Set) All() []*Live { return s.ordered }

// Match returns the contests that are not final whose scope and event names an event meets. The caller checks window, position and score.
func (s *Set) Match(e *laurelv1.Event) []*rule.Program { return s.index.Match(e) }

// Past returns the final contests in whose window an event of that time, in microseconds, lies and whose scope and event names it meets. It
// came too late for them, whatever it would have been worth. Nil, at the cost of one comparison, for an event dated after the last of those
// windows.
func (s *Set) Past(e *laurelv1.Event, tsMicros int64) []*Past { return s.past.find(e, tsMicros) }

// Final reports whether a contest is final.
func (s *Set) Final(id string) bool { return s.past.byID[id] != nil }

// Counts returns how many contests stand in each state there is yet, in the order of a life.
func (s *Set) Counts() []*laurelv1.ContestCount {
	found := map[laurelv1.ContestState]int64{final: int64(len(s.past.byID))}
	for _, c := range s.ordered {
		found[c.State]++
	}
	counts := make([]*laurelv1.ContestCount, 0, len(found))
	for _, state := range [...]laurelv1.ContestState{scheduled, live, closing, final} {
		counts = append(counts, &laurelv1.ContestCount{State: state, Count: found[state]})
	}
	return counts
}

// Summary shows a contest to people and clients, without the number of players.
func (c *Live) Summary() *laurelv1.ContestSummary {
	breaks := make([]string, 0, len(c.TieBreaks)+1)
	for _, tie := range c.TieBreaks {
		breaks = append(breaks, string(tie))
	}
	summary := &laurelv1.ContestSummary{
		Id: c.ID, Title: c.Title, State: c.State, Start: stamp(c.Start), End: stamp(c.End), GraceEnd: stamp(c.GraceEnd), Tz: c.Zone,
		Type: c.Type, Markets: c.Markets, Brands: c.Brands, Tiebreaker: append(breaks, string(ByUserID)), Precision: c.Precision,
		N: int32(c.N), Version: int32(c.Version), DefinitionHash: c.Hash, Players: c.FinalPlayers, ResultHash: c.ResultHash,
	}
	if c.Paused() && c.State != final {
		summary.PausedAt = timestamppb.New(c.Pauses[len(c.Pauses)-1].PausedAt)
	}
	return summary
}

func stamp(micros int64) *timestamppb.Timestamp { return timestamppb.New(time.UnixMicro(micros)) }
