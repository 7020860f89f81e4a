package journal

import (
	"errors"
	"fmt"

	"github.com/zeebo/xxh3"
)

// DefaultPartitions is the number of partitions of a new installation. It is fixed for an installation's life.
const DefaultPartitions = 16

// MaxAppend bounds the entries of one Append.
const MaxAppend = 4096

// ordinalBits is the room for the entries of one Postgres transaction in a position, more than MaxAppend: see docs/decisions/0001.
const ordinalBits = 13

// ErrFenced says that another process owns a partition now; everything done under the old lease must be thrown away.
var ErrFenced = errors.New("partition lease lost")

// Entry is one event to append.
type Entry struct {
	EventID string
	// UserID decides the partition.
	UserID string
	// ContentHash tells a repeat from a re-use of the id.
	ContentHash [16]byte
	// Body is the event in protobuf encoding, with its arrival time.
	Body []byte
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
)

// Record is one event read back.
type Record struct {
	// Seq is the journal position.
	Seq          int64
	Partition    int
	IngestMicros int64
	Body         []byte
}

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
