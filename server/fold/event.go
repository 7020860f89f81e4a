package fold

import (
	"fmt"

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

// Event is one journal record, decoded. A stage may fill in what the event lacks, such as the player's profile, for the stages behind it;
// what it must not take for the sender's word then is kept in Told. So it may be folded again, but by one fold at a time.
type Event struct {
	*laurelv1.Event
	// Broken tells why the record could not be decoded; the event has nothing but its place then, and its id if that could be read.
	Broken error
	// Told is what the event itself tells of its player.
	Told Told
	// Place is where it stands in the journal, and Cause where the sender's event stands that it goes back to: for an emitted event the first
	// of its chain, else itself. What came in time is decided by the cause, since an emitted event is appended only when its cause is folded.
	Place
	Cause Place
	// Size is what the record takes in the journal, in bytes.
	Size int
	// TsMicros is when it happened and IngestMicros when it arrived, in microseconds since 1970.
	TsMicros, IngestMicros int64
}

// Told are facts of a player that an event may leave out; nil means it did.
type Told struct {
	Payer    *bool
	KYCLevel *int32
}

// Decode reads a record.
func Decode(record *journal.Record) Event {
	place := Place{record.Partition, record.Seq}
	e, err := event.Decode(record.Body)
	if err != nil {
		return Event{Event: &laurelv1.Event{EventId: e.GetEventId()}, Broken: fmt.Errorf("decode event: %w", err), Place: place, Cause: place,
			Size: len(record.Body), IngestMicros: record.IngestMicros}
	}
	f := Event{Event: e, Place: place, Cause: place, Size: len(record.Body), TsMicros: event.TsMicros(e), IngestMicros: record.IngestMicros}
	if user := e.GetUser(); user != nil {
		f.Told = Told{user.Payer, user.KycLevel}
	}
	if origin := e.GetOrigin(); origin.GetSeq() != 0 {
		f.Cause = Place{int(origin.GetPartition()), origin.GetSeq()}
	}
	return f
}

// UserID is the player.
func (e *Event) UserID() string { return e.GetUser().GetId() }
