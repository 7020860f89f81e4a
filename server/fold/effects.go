package fold

import (
	"fmt"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/journal"
)

// Late is the recorded decision not to score an event in a contest.
type Late struct {
	// Place is where the event stands in the journal.
	Place
	ContestID, EventID, UserID, Reason string
}

// Effects are what events do beside changing state rows.
type Effects struct {
	Late []Late
	Dead []journal.DeadLetter
	// Emitted are events to append to the journal, each with its own id.
	Emitted []*laurelv1.Event
	// Unrated are the ids of contests for which an event did not count since there is no rate of its day, once for each event.
	Unrated []string
}

// Leave records that an event came too late for a contest.
func (f *Effects) Leave(e *Event, contestID, reason string) {
	f.Late = append(f.Late, Late{Place: e.Place, ContestID: contestID, EventID: e.GetEventId(), UserID: e.UserID(), Reason: reason})
}

// Bury notes that a stage could not fold an event; subject is what the stage worked on, such as a contest's id.
func (f *Effects) Bury(e *Event, stage, subject string, err error) {
	f.Dead = append(f.Dead, journal.DeadLetter{Partition: e.Partition, Seq: e.Seq, EventID: e.GetEventId(), Stage: stage, Subject: subject,
		Reason: err.Error()})
}

// Emit has an event appended to the journal that another one caused; it must have its own id and the origin's event and definition. The
// error says that the chain is too long.
func (f *Effects) Emit(cause *Event, emitted *laurelv1.Event) error {
	depth := int(cause.GetOrigin().GetDepth()) + 1
	if depth > event.MaxDepth {
		return fmt.Errorf("event %s would be the %dth emitted event in a row: at most %d may follow from one event of a sender",
			emitted.GetEventId(), depth, event.MaxDepth)
	}
	emitted.Origin.Depth, emitted.Origin.Partition, emitted.Origin.Seq = int32(depth), int32(cause.Cause.Partition), cause.Cause.Seq
	f.Emitted = append(f.Emitted, emitted)
	return nil
}

// Len is how many effects there are.
func (f *Effects) Len() int { return len(f.Late) + len(f.Dead) + len(f.Emitted) + len(f.Unrated) }
