package pipeline

import (
	"fmt"

	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/fold"
	"github.com/laurelhq/laurel/server/player"
	"github.com/laurelhq/laurel/server/rule"
)

// Program is all live definitions at one revision, ready to fold. It is pure and shared: the lanes, verify and whatever plays history call
// the same two functions, and nothing else scores.
type Program struct {
	contests *contest.Set
}

// Tables are the state rows of a program.
var Tables = fold.Tables{fold.PlayerPage: player.Pages{}, fold.Standing: contest.Standings{}}

// NewProgram compiles what a set of contests says.
func NewProgram(contests *contest.Set) *Program { return &Program{contests: contests} }

// Need names the state that an event touches.
func (p *Program) Need(e *fold.Event, s *fold.Scratch) {
	if e.Broken != nil {
		return
	}
	player.Need(e, s)
	p.contests.Need(e, s)
}

// maxPoints is how many contests an event may count for before its points take memory of their own.
const maxPoints = 8

// Fold takes an event into the state it touches and the effects it has. After an error nothing of the event may stay.
func (p *Program) Fold(e *fold.Event, s *fold.Scratch, out *fold.Effects) error {
	if e.Broken != nil {
		return e.Broken
	}
	if len(e.GetParticipants()) > 0 {
		return deliver(e, out) // each player gets it as his own, in his own partition
	}
	player.Fold(e, s) // his profile, which fills in what the event does not say of him
	var room [maxPoints]rule.Points
	points := p.contests.Points(e, room[:0], out) // filters and formulas
	p.contests.Fold(e, points, s, out)            // standings
	return nil
}

// apply folds one event and, when it fails in any stage or makes one panic, leaves nothing of it, whatever the events before it did.
func (p *Program) apply(e *fold.Event, s *fold.Scratch, out *fold.Effects) (err error) {
	s.Begin()
	mark := s.Mark(out)
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("panic: %v", value)
		}
		if err != nil {
			s.Undo(mark, out)
		}
	}()
	if err = p.Fold(e, s, out); err == nil {
		err = s.Damaged()
	}
	return err
}

// deliver emits an event that names several players once for each.
func deliver(e *fold.Event, out *fold.Effects) error {
	for i := range e.GetParticipants() {
		if err := out.Emit(e, event.Deliver(e.Event, i)); err != nil {
			return err
		}
	}
	return nil
}
