package contest

import (
	"maps"
	"slices"

	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/fold"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/rule"
)

// Need names the standings that an event may change.
func (s *Set) Need(e *fold.Event, scratch *fold.Scratch) {
	s.index.Near(e, func(program *rule.Program) {
		if c := s.byID[program.ContestID]; !c.closed(e) && !c.missed(e) {
			scratch.Want(KeyOf(program.ContestID, e.UserID()), e.Partition)
		}
	})
}

// Points are what an event is worth in each contest it counts for.
func (s *Set) Points(e *fold.Event, points []rule.Points, out *fold.Effects) []rule.Points {
	dead, unrated := len(out.Dead), len(out.Unrated)
	points = s.index.Fold(e, points, out)
	// A contest that does not take the event has nothing to say of it, not even that its formula failed.
	kept := slices.DeleteFunc(out.Dead[dead:], func(l journal.DeadLetter) bool { return !s.byID[l.Subject].takes(e) })
	out.Dead = out.Dead[:dead+len(kept)]
	rated := slices.DeleteFunc(out.Unrated[unrated:], func(id string) bool { return !s.byID[id].takes(e) || s.byID[id].closed(e) })
	out.Unrated = out.Unrated[:unrated+len(rated)]
	return points
}

// Fold takes an event's points into its player's standings. Points that come after a contest has closed are recorded as late; so is an
// event of the window of a contest that is final. A contest that can't take its points costs the event only those.
func (s *Set) Fold(e *fold.Event, points []rule.Points, scratch *fold.Scratch, out *fold.Effects) {
	for i := range points {
		c := s.byID[points[i].Program.ContestID]
		switch {
		case !c.takes(e):
			// it was folded before the contest was published, or while nobody could read it
		case c.closed(e):
			out.Leave(e, c.ID, "after_close")
		default:
			c.fold(e, points[i].Round, scratch, out)
		}
	}
	for _, past := range s.Past(e.Event, e.TsMicros) {
		out.Leave(e, past.ID, "after_final")
	}
}

// takes reports whether an event may count at all: it was not folded before the contest was published, nor during a pause.
func (c *Live) takes(e *fold.Event) bool { return !e.Cause.Within(c.OpenSeq) && !c.missed(e) }

// closed reports whether an event came after the positions the contest closed at.
func (c *Live) closed(e *fold.Event) bool { return c.CloseSeq != nil && !e.Cause.Within(c.CloseSeq) }

func (c *Live) fold(e *fold.Event, r rule.Round, scratch *fold.Scratch, out *fold.Effects) {
	key := KeyOf(c.ID, e.UserID())
	at, verdict, err := c.Judge(Of(scratch.Get(key)), r)
	switch {
	case err != nil:
		out.Bury(e, "contest", c.ID, err)
	case verdict == TooOld:
		out.Leave(e, c.ID, "before_rate_history")
	case verdict == Scored:
		row := scratch.Edit(key)
		row.Seq, row.Version = e.Seq, c.Version
		c.Take(Of(row), r, at)
	}
}

// WithClosed is the set with some contests closed at positions that are not committed yet.
func (s *Set) WithClosed(closings map[string]journal.Positions) *Set {
	closed := *s
	closed.byID = maps.Clone(s.byID)
	for id, at := range closings {
		c := *s.byID[id]
		c.CloseSeq = at
		closed.byID[id] = &c
	}
	return &closed
}

// SetOf is a set of some contests alone, final ones among them as if they were not.
func SetOf(known *catalog.Vocabulary, contests ...*Live) *Set {
	changed := make(map[string]*Live, len(contests))
	for _, c := range contests {
		changed[c.ID] = c
	}
	return emptySet().next(0, known, changed, nil)
}
