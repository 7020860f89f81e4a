package contest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/laurelhq/laurel/ent/db"
	storev1 "github.com/laurelhq/laurel/gen/laurel/store/v1"
	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/store"
)

// Past is a final contest as a set keeps it: what tells an event of its window, and what people are shown. It is immutable.
type Past struct {
	ID string
	// Start and End bound the window, start inclusive, end exclusive, in microseconds.
	Start, End int64
	// Summary is shared by all who read it.
	Summary *laurelv1.ContestSummary

	providers, events []string
}

// roundEvents are what a contest takes that names no events.
var roundEvents = []string{"round_end", "spin"}

// newPast reads what showPast wrote.
func newPast(row *db.Contest) (*Past, error) {
	kept := &storev1.FinishedContest{}
	if err := proto.Unmarshal(row.Summary, kept); err != nil {
		return nil, fmt.Errorf("contest %s: decode summary: %w", row.ID, err)
	}
	summary := summaryOf(kept.GetFacts())
	if row.Summary == nil { // an older version of Laurel kept nothing, and this one can't read the definition
		summary = (&Live{State: final, Definition: &Definition{
			ID: row.ID, Title: row.ID, Version: row.Version, Start: row.StartTs, End: row.EndTs, GraceEnd: row.GraceEndTs,
		}}).Summary()
	}
	summary.Id, summary.ResultHash, summary.Players = row.ID, row.ResultHash, row.Players // what the row says itself
	definition := kept.GetRules().GetDefinition()
	p := &Past{
		ID: row.ID, Start: row.StartTs, End: row.EndTs, Summary: summary,
		providers: definition.GetScope().GetProviders(), events: definition.GetScoring().GetEvents(),
	}
	if len(p.events) == 0 {
		p.events = roundEvents
	}
	return p, nil
}

// showPast is what is kept of a contest that becomes final: its summary, and of its definition what tells whether an event meets it.
func showPast(c *Live, published *laurelv1.Contest) *storev1.FinishedContest {
	return &storev1.FinishedContest{
		Facts: factsOf(c.Summary()),
		Rules: &storev1.FinishedRules{Definition: &storev1.FinishedDefinition{
			Scope:   &storev1.FinishedScope{Providers: published.GetScope().GetProviders()},
			Scoring: &storev1.FinishedScoring{Events: published.GetScoring().GetEvents()},
		}},
	}
}

// factsOf is a summary as it is kept.
func factsOf(s *laurelv1.ContestSummary) *storev1.FinishedFacts {
	return &storev1.FinishedFacts{
		Id: s.GetId(), Title: s.GetTitle(), State: int32(s.GetState()), Start: s.GetStart(), End: s.GetEnd(), GraceEnd: s.GetGraceEnd(),
		Tz:   s.GetTz(),
		Type: s.GetType(), Markets: s.GetMarkets(), Brands: s.GetBrands(), Tiebreaker: s.GetTiebreaker(), Precision: s.GetPrecision(),
		N: s.GetN(), Version: s.GetVersion(), DefinitionHash: s.GetDefinitionHash(), Players: s.GetPlayers(), ResultHash: s.GetResultHash(),
	}
}

// summaryOf is what was kept as it is shown.
func summaryOf(f *storev1.FinishedFacts) *laurelv1.ContestSummary {
	return &laurelv1.ContestSummary{
		Id: f.GetId(), Title: f.GetTitle(), State: laurelv1.ContestState(f.GetState()), Start: f.GetStart(), End: f.GetEnd(),
		GraceEnd: f.GetGraceEnd(), Tz: f.GetTz(),
		Type: f.GetType(), Markets: f.GetMarkets(), Brands: f.GetBrands(), Tiebreaker: f.GetTiebreaker(), Precision: f.GetPrecision(),
		N: f.GetN(), Version: f.GetVersion(), DefinitionHash: f.GetDefinitionHash(), Players: f.GetPlayers(), ResultHash: f.GetResultHash(),
	}
}

// shown reads what is kept of a final contest, or makes it when an older version of Laurel kept nothing.
func (s *Service) shown(ctx context.Context, tx *store.Tx, row *db.Contest) (*storev1.FinishedContest, error) {
	if row.Summary != nil {
		shown := &storev1.FinishedContest{}
		if err := proto.Unmarshal(row.Summary, shown); err != nil {
			return nil, fmt.Errorf("contest %s: decode summary: %w", row.ID, err)
		}
		return shown, nil
	}
	published, err := catalog.Versions(ctx, tx, catalog.KindContest, map[string]int{row.ID: row.Version})
	if err != nil {
		return nil, err
	}
	definition, err := compile(published[0])
	if err != nil {
		return nil, err
	}
	c, err := newLive(definition, row, s.Journal.Partitions())
	if err != nil {
		return nil, err
	}
	return showPast(c, definitionOf(published[0])), nil
}

// meets reports whether an event of that time belongs to the window and is within scope and event names. Score is not asked.
func (p *Past) meets(e *laurelv1.Event, tsMicros int64) bool {
	return tsMicros >= p.Start && tsMicros < p.End && slices.Contains(p.events, e.GetName()) &&
		admits(p.Summary.GetMarkets(), e.GetMarket()) &&
		admits(p.Summary.GetBrands(), e.GetBrand()) && admits(p.providers, e.GetGame().GetProvider())
}

func admits(scope []string, value string) bool {
	return len(scope) == 0 || slices.Contains(scope, value)
}

const (
	dayMicros = int64(24 * time.Hour / time.Microsecond)
	// maxPastDays bounds the days that one window is kept under; longer ones are kept apart and looked at one by one.
	maxPastDays = 8
)

// pastIndex finds the final contests an event is too late for. It is immutable.
type pastIndex struct {
	byID map[string]*Past
	// ordered is by start, the last one first, then id.
	ordered []*Past
	// latest is the highest end of a window: hardly any event of today is dated before it.
	latest int64
	byDay  map[int64][]*Past
	long   []*Past
}

// with returns an index that has these contests too, in place of those with the same id.
func (x *pastIndex) with(more map[string]*Past) *pastIndex {
	n := &pastIndex{byID: maps.Clone(x.byID), byDay: make(map[int64][]*Past, len(x.byDay))}
	if n.byID == nil {
		n.byID = make(map[string]*Past, len(more))
	}
	maps.Copy(n.byID, more)
	n.ordered = slices.SortedFunc(maps.Values(n.byID), func(a, b *Past) int {
		return cmp.Or(cmp.Compare(b.Start, a.Start), cmp.Compare(a.ID, b.ID))
	})
	for _, p := range n.ordered {
		n.latest = max(n.latest, p.End)
		first, last := p.Start/dayMicros, (p.End-1)/dayMicros
		if last-first >= maxPastDays {
			n.long = append(n.long, p)
			continue
		}
		for day := first; day <= last; day++ {
			n.byDay[day] = append(n.byDay[day], p)
		}
	}
	return n
}

// find returns the contests that an event meets, in the order of ordered within those of short and those of long windows.
func (x *pastIndex) find(e *laurelv1.Event, tsMicros int64) (met []*Past) {
	if tsMicros >= x.latest {
		return nil
	}
	for _, list := range [...][]*Past{x.byDay[tsMicros/dayMicros], x.long} {
		for _, p := range list {
			if p.meets(e, tsMicros) {
				met = append(met, p)
			}
		}
	}
	return met
}
