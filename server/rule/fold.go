package rule

import "github.com/laurelhq/laurel/server/fold"

// Points are what one event is worth in one contest.
type Points struct {
	Program *Program
	Round   Round
}

// Near calls visit with each program that an event may count for, by its name, scope, time, stake and game: every program that Fold gives
// points of is among them.
func (x *Index) Near(e *fold.Event, visit func(*Program)) {
	in := x.pricesOf(e)
	var amounts worth
	for _, program := range x.Match(e.Event) {
		if program.spans(e.TsMicros) && program.refuse(&in, &amounts) == Counted {
			visit(program)
		}
	}
}

// Fold appends the points of an event to those given, one for each program that it counts for. A program whose formula can't make points of
// the event costs it only those: that is noted as a dead letter, and the other programs go on.
func (x *Index) Fold(e *fold.Event, points []Points, out *fold.Effects) []Points {
	in := x.pricesOf(e)
	for _, program := range x.Match(e.Event) {
		if !program.spans(e.TsMicros) {
			continue
		}
		round, outcome, err := program.score(&in)
		switch {
		case err != nil:
			out.Bury(e, "rule", program.ContestID, err)
		case outcome == Counted:
			round.Seq = e.Seq
			points = append(points, Points{program, round})
		case outcome == NoRate:
			out.Unrated = append(out.Unrated, program.ContestID)
		}
	}
	return points
}

// spans reports whether an event of that time lies in the window.
func (p *Program) spans(tsMicros int64) bool { return tsMicros >= p.From && tsMicros < p.Until }

// pricesOf is what the amounts of an event are worth.
func (x *Index) pricesOf(e *fold.Event) prices {
	return prices{event: e.Event, known: x.known, tsMicros: e.TsMicros, at: e.Cause}
}
