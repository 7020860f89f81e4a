package contest

import (
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/laurelhq/laurel/ent/db"
	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/rule"
)

// Live is a published contest and where it stands.
type Live struct {
	*Definition
	State laurelv1.ContestState
	// CloseSeq is the last journal position that counts; 0 while the contest takes events.
	CloseSeq   int64
	ResultHash string
	// FinalPlayers is the number of places of a final contest.
	FinalPlayers int64
	// OpenSeq is the journal position up to which events were folded before the contest was known; they do not count.
	OpenSeq int64
	// settledVersion is the version a contest closed with, which its result is made from; 0 before.
	settledVersion int
}

func newLive(d *Definition, row *db.Contest) *Live {
	c := &Live{Definition: d, State: laurelv1.ContestState(row.State), ResultHash: row.ResultHash, FinalPlayers: row.Players, OpenSeq: row.OpenSeq}
	if row.CloseSeq != nil {
		c.CloseSeq = *row.CloseSeq
	}
	if c.CloseSeq != 0 {
		c.settledVersion = row.Version
	}
	return c
}

// Set is all published contests at one revision. It is immutable.
type Set struct {
	// Revision grows with every change of a contest that the fold must know of.
	Revision int64
	// mark is the newest definition the set knows of.
	mark    int64
	byID    map[string]*Live
	ordered []*Live
	index   *rule.Index
}

func newSet(revision int64, contests []*Live) *Set {
	s := &Set{Revision: revision, byID: make(map[string]*Live, len(contests)), ordered: contests}
	programs := make([]*rule.Program, 0, len(contests))
	for _, c := range contests {
		s.byID[c.ID] = c
		programs = append(programs, c.Program)
	}
	slices.SortFunc(s.ordered, func(a, b *Live) int {
		if a.State != b.State {
			return stateOrder(a.State) - stateOrder(b.State)
		}
		return firstNonZero(compare(a.Start, b.Start), compareText(a.ID, b.ID))
	})
	s.index = rule.NewIndex(programs)
	return s
}

func compareText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// stateOrder lists contests as people look for them.
func stateOrder(state laurelv1.ContestState) int {
	return slices.Index([]laurelv1.ContestState{
		laurelv1.ContestState_CONTEST_STATE_LIVE, laurelv1.ContestState_CONTEST_STATE_CLOSING,
		laurelv1.ContestState_CONTEST_STATE_SCHEDULED, laurelv1.ContestState_CONTEST_STATE_FINAL,
	}, state)
}

// Get returns a contest by id, nil when there is none.
func (s *Set) Get(id string) *Live { return s.byID[id] }

// All returns the contests, live ones first, then by start.
func (s *Set) All() []*Live { return s.ordered }

// Match returns the contests whose scope and event names an event meets. The caller checks window, position and score.
func (s *Set) Match(e *laurelv1.Event) []*rule.Program { return s.index.Match(e) }

// Counts returns how many contests stand in each state, from scheduled on.
func (s *Set) Counts() []int32 {
	counts := make([]int32, len(laurelv1.ContestState_name)-1)
	for _, c := range s.ordered {
		counts[c.State-1]++
	}
	return counts
}

// Summary shows a contest to people and clients, without the number of players.
func (c *Live) Summary() *laurelv1.ContestSummary {
	breaks := make([]string, 0, len(c.TieBreaks)+1)
	for _, tie := range c.TieBreaks {
		breaks = append(breaks, string(tie))
	}
	return &laurelv1.ContestSummary{
		Id: c.ID, Title: c.Title, State: c.State, Start: stamp(c.Start), End: stamp(c.End), GraceEnd: stamp(c.GraceEnd), Tz: c.Zone,
		Type: c.Type, Markets: c.Markets, Brands: c.Brands, Tiebreaker: append(breaks, string(ByUserID)), Precision: c.Precision,
		N: int32(c.N), Version: int32(c.Version), DefinitionHash: c.Hash, Players: c.FinalPlayers, ResultHash: c.ResultHash,
	}
}

func stamp(micros int64) *timestamppb.Timestamp { return timestamppb.New(time.UnixMicro(micros)) }
