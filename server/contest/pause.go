package contest

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/laurelhq/laurel/gen/laurel/store/v1"
	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/fold"
	"github.com/laurelhq/laurel/server/journal"
)

// Pause is a time in which a contest took no events, since a process could not read its definition. What was folded then does not count.
type Pause struct {
	// After are the journal positions up to which events were folded when it began, Until those when it ended; nil while it lasts.
	After, Until journal.Positions
	// PausedAt and ResumedAt are when; ResumedAt is zero while it lasts.
	PausedAt, ResumedAt time.Time
	// Reason is why the definition could not be read.
	Reason string
}

// maxPauses bounds the pauses of a contest that a process ends when it starts; after that only a publication ends one.
const maxPauses = 1000

// shownPauses is how many pauses people are shown, the last ones.
const shownPauses = 20

// holds reports whether an event was folded, or would have been, while the pause lasted.
func (p *Pause) holds(at fold.Place) bool {
	return !at.Within(p.After) && (p.Until == nil || at.Within(p.Until))
}

// Paused reports whether the contest takes no events now: its board stays as it is, and it makes no transition.
func (c *Live) Paused() bool { return len(c.Pauses) > 0 && c.Pauses[len(c.Pauses)-1].Until == nil }

// missed reports whether an event was folded during a pause.
func (c *Live) missed(e *fold.Event) bool {
	for i := range c.Pauses {
		if c.Pauses[i].holds(e.Place) {
			return true
		}
	}
	return false
}

// paused adds a pause. One that begins where the last one ended goes on instead.
func paused(pauses []Pause, at journal.Positions, now time.Time, reason string) []Pause {
	if last := len(pauses) - 1; last >= 0 && slices.Equal(pauses[last].Until, at) {
		again := slices.Clone(pauses)
		again[last].Until, again[last].ResumedAt, again[last].Reason = nil, time.Time{}, reason
		return again
	}
	return append(slices.Clone(pauses), Pause{After: at, PausedAt: now, Reason: reason})
}

// resumed ends the pause that lasts. One in which nothing was folded leaves nothing.
func resumed(pauses []Pause, at journal.Positions, now time.Time) []Pause {
	last := len(pauses) - 1
	if slices.Equal(pauses[last].After, at) {
		return pauses[:last:last]
	}
	ended := slices.Clone(pauses)
	ended[last].Until, ended[last].ResumedAt = at, now
	return ended
}

func encodePauses(pauses []Pause) ([]byte, error) {
	kept := &storev1.ContestPauses{}
	for _, p := range pauses {
		one := &storev1.KeptPause{After: p.After, Until: p.Until, PausedAt: timestamppb.New(p.PausedAt), Reason: p.Reason}
		if p.Until != nil {
			one.ResumedAt = timestamppb.New(p.ResumedAt)
		}
		kept.Pauses = append(kept.Pauses, one)
	}
	encoded, err := proto.Marshal(kept)
	if err != nil {
		return nil, fmt.Errorf("encode pauses: %w", err)
	}
	return encoded, nil
}

func decodePauses(encoded []byte, partitions int) (pauses []Pause, err error) {
	kept := &storev1.ContestPauses{}
	if err := proto.Unmarshal(encoded, kept); err != nil {
		return nil, fmt.Errorf("decode pauses: %w", err)
	}
	for _, one := range kept.GetPauses() {
		p := Pause{After: one.GetAfter(), Until: one.GetUntil(), PausedAt: one.GetPausedAt().AsTime(), Reason: one.GetReason()}
		if one.GetResumedAt() != nil {
			p.ResumedAt = one.GetResumedAt().AsTime()
		}
		if len(p.After) != partitions || p.Until != nil && len(p.Until) != partitions {
			return nil, fmt.Errorf("pauses of %d partitions: want as many positions, got %d and %d", partitions, len(p.After), len(p.Until))
		}
		pauses = append(pauses, p)
	}
	return pauses, nil
}

// ShowPauses are the last pauses, in order.
func (c *Live) ShowPauses() []*laurelv1.ContestPause {
	var shown []*laurelv1.ContestPause
	for _, p := range c.Pauses[max(0, len(c.Pauses)-shownPauses):] {
		one := &laurelv1.ContestPause{From: timestamppb.New(p.PausedAt), Reason: p.Reason}
		if p.Until != nil {
			one.Until = timestamppb.New(p.ResumedAt)
		}
		shown = append(shown, one)
	}
	return shown
}
