package journal

import (
	"errors"
	"fmt"

	"github.com/zeebo/xxh3"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
)

// DefaultPartitions is the number of partitions of a new installation. It is fixed for an installation's life.
const DefaultPartitions = 16

// MaxAppend bounds the entries of one Append.
const MaxAppend = 4096

// ordinalBits is the room for the entries of one Postgres transaction in a position, more than MaxAppend: see docs/decisions/0001.
const ordinalBits = 13

// ErrFenced says that another process owns a partition now; everything done under the old lease must be thrown away.
var ErrFenced = errors.New("partition lease lost")

// Identity is what two events can't share.
type Identity struct{ Source, EventID string }

// Identity is what the entry is known by.
func (e *Entry) Identity() Identity { return Identity{e.Source, e.EventID} }

// Entry is one event to append.
type Entry struct {
	// Source is who sent it, empty for main, and a part of its identity.
	Source, EventID string
	// UserID decides the partition.
	UserID string
	// TsMicros is when it happened, in microseconds since 1970.
	TsMicros int64
	// ContentHash tells a repeat from a re-use of the id.
	ContentHash [16]byte
	// Body is the event as event.Content encodes it.
	Body []byte
}

// EntryOf makes an entry of an event and what event.Content made of it.
func EntryOf(e *laurelv1.Event, hash [16]byte, body []byte) Entry {
	return Entry{
		Source: e.GetSource(), EventID: e.GetEventId(), UserID: e.GetUser().GetId(), TsMicros: event.TsMicros(e), ContentHash: hash, Body: body,
	}
}

// Status is what became of an appended entry.
type Status uint8

// What may become of an entry.
const (
	// Appended means durable for the first time.
	Appended Status = iota + 1
	// Duplicate means the same event was durable before.
	Duplicate
	// Conflict means the id is taken by other content; the entry is kept for review.
	Conflict
	// TooOld means that the event happened before the floor, so that a repeat of it would no longer be known.
	TooOld
)

// Record is one event read back.
type Record struct {
	// Seq is the journal position.
	Seq          int64
	Partition    int
	IngestMicros int64
	Body         []byte
}

// playerOf is the number by which a player's events are found. Two players may share one, which a reader tells apart by the events.
func playerOf(userID string) int64 { return int64(xxh3.HashString(userID)) }

// PartitionOf places a user in one of count partitions.
func PartitionOf(userID string, count int) int {
	return int(xxh3.HashString(userID) % uint64(count))
}

// checkEntries asserts what ingest promised.
func checkEntries(entries []Entry) error {
	if len(entries) > MaxAppend {
		return fmt.Errorf("append %d entries: at most %d", len(entries), MaxAppend)
	}
	for i := range entries {
		if entries[i].EventID == "" || entries[i].UserID == "" || len(entries[i].Body) == 0 {
			return fmt.Errorf("append entry %d: event id, user id and body must be set", i)
		}
	}
	return nil
}
