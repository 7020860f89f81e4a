package fold

import (
	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/journal"
)

// Place is a position in the journal.
type Place struct {
	Partition int
	Seq       int64
}

// Within reports whether the place lies at or below positions; nothing lies below nil.
func (p Place) Within(positions journal.Positions) bool {
	return positions != nil && positions.Covers(p.Partition, p.Seq)
}

// Event is one journal record, decoded. A stage may fill in what the event lacks, such as the player's profile; it belongs to one fold.
type Event struct {
	*laurelv1.Event
	// Place is where it stands in the journal, and Cause where the sender's event stands that it goes back to: for an emitted event the first of its chain,
	// else itself. What came in time is decided by the cause, since an emitted event is appended only when its cause is folded.
	Place
	Cause Place
	// TsMicros is when it happened and IngestMicros when it arrived, in microseconds since 1970.
	TsMicros, IngestMicros int64
}

// NewEvent takes a decoded record.
func NewEvent(record *journal.Record, e *laurelv1.Event) Event {
	place := Place{record.Partition, record.Seq}
	f := Event{Event: e, Place: place, Cause: place, TsMicros: event.TsMicros(e), IngestMicros: record.IngestMicros}
	if origin := e.GetOrigin(); origin.GetSeq() != 0 {
		f.Cause = Place{int(origin.GetPartition()), origin.GetSeq()}
	}
	return f
}

// UserID is the player.
func (e *Event) UserID() string { return e.GetUser().GetId() }
