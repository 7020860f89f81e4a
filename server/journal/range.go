package journal

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// A range of the journal is a run of positions. Ranges follow each other without a gap; on Postgres each is a table, on SQLite they are
// parts of one. A range is there before anything is appended to it, and a free one behind it, so that no append waits for one to be made.
//
//	free ──► open ──► closed ──archive──► archived ──drop──► dropped

// DefaultRangeSpan is the time that a range is meant to span.
const DefaultRangeSpan = 7 * 24 * time.Hour

// LeastRangeSpan keeps ranges from being made all the time.
const LeastRangeSpan = time.Hour

const (
	// leastWidth and mostWidth bound how many positions a range of Postgres has room for: 8 192 transactions, and so many that none is ever
	// too wide to be counted.
	leastWidth, mostWidth = int64(1) << 26, int64(1) << 52
	// widthStep bounds how much wider or narrower than the one before a range is: the pace of one week may say little of the next.
	widthStep = 4
	// endless is where the last range of SQLite ends.
	endless = math.MaxInt64
	// partEvents is how many events a part of the index by player is meant to hold: so many that a player's events are in few parts, so few
	// that the pages of the newest stay in memory.
	partEvents = 1 << 20
	// leastPart and mostPart bound the bits of a part, a full transaction at least, and partStep how far those of the next range may differ.
	leastPart, mostPart, partStep = ordinalBits, 50, 3
)

// RangeState is what may be done with a range.
type RangeState string

// The states of a range.
const (
	// RangeFree is ahead of every append.
	RangeFree RangeState = "free"
	// RangeOpen is where events are appended.
	RangeOpen RangeState = "open"
	// RangeClosed is one that no append can add anything to any more.
	RangeClosed RangeState = "closed"
	// RangeArchived is a closed one of which an archive was written.
	RangeArchived RangeState = "archived"
	// RangeDropped is one whose events are in its archive only.
	RangeDropped RangeState = "dropped"
)

// Range is a run of positions.
type Range struct {
	// ID numbers the ranges, from 1.
	ID int64
	// First is the lowest position that belongs to it, and Until the one behind its highest.
	First, Until int64
	State        RangeState
	// Archives are those that were written, the oldest first.
	Archives []Archived
	// Dropped tells when, by whom and with which archive in hand it was dropped; nil when it wasn't.
	Dropped *Dropped
	// head is where the journal stood when the range was made, at madeMicros of the database's clock.
	head, madeMicros int64
	// partBits says how many positions a part of its index by player has: 1 << partBits.
	partBits int
}

// Contents are the events of a range.
type Contents struct {
	// Events is how many they are, and Bytes what their bodies take.
	Events, Bytes int64
	// FirstSeq and LastSeq are the lowest and the highest of their positions; 0, as the times, when there are none.
	FirstSeq, LastSeq int64
	// FirstIngest and LastIngest bound when they arrived, FirstEvent and LastEvent when they happened, in microseconds since 1970.
	FirstIngest, LastIngest, FirstEvent, LastEvent int64
}

// Add counts an event.
func (c *Contents) Add(e *Stored) {
	if c.Events == 0 {
		*c = Contents{FirstSeq: e.Seq, FirstIngest: e.IngestMicros, LastIngest: e.IngestMicros, FirstEvent: e.TsMicros, LastEvent: e.TsMicros}
	}
	c.Events, c.Bytes, c.LastSeq = c.Events+1, c.Bytes+int64(len(e.Body)), e.Seq
	c.FirstIngest, c.LastIngest = min(c.FirstIngest, e.IngestMicros), max(c.LastIngest, e.IngestMicros)
	c.FirstEvent, c.LastEvent = min(c.FirstEvent, e.TsMicros), max(c.LastEvent, e.TsMicros)
}

// Archived is an archive of a range.
type Archived struct {
	Contents
	// ManifestHash is the SHA-256 of its manifest, in hexadecimal.
	ManifestHash string
	// Folder is where it was written to, By who did so, on which machine.
	Folder, By string
	AtMicros   int64
}

// Dropped is the end of a range.
type Dropped struct {
	ManifestHash, By string
	// Folder is where the archive lay; empty when an older version dropped the range.
	Folder   string
	AtMicros int64
}

// Stored is an event with everything that its row has.
type Stored struct {
	Record
	// Player is the number by which a player's events are found, TsMicros when the event happened.
	Player, TsMicros int64
}

// ErrRange says that something can't be done with a range. The text says why, and what would be right.
var ErrRange = errors.New("range of the journal")

// refuse is an ErrRange.
func (r *Range) refuse(format string, args ...any) error {
	return fmt.Errorf("%w %d %s", ErrRange, r.ID, fmt.Sprintf(format, args...))
}

// Recorded are the contents of a range that was archived or dropped; false when it was not.
func (r *Range) Recorded() (Contents, bool) {
	for _, archived := range r.Archives {
		if r.Dropped == nil || archived.ManifestHash == r.Dropped.ManifestHash {
			return archived.Contents, true
		}
	}
	return Contents{}, false
}

// DroppedWith is the folder of the archive that a dropped range was compared with. An older version noted the first place only that it was
// written to.
func (r *Range) DroppedWith() string {
	if r.Dropped.Folder != "" {
		return r.Dropped.Folder
	}
	for _, archived := range r.Archives {
		if archived.ManifestHash == r.Dropped.ManifestHash {
			return archived.Folder
		}
	}
	return ""
}

// next is the range behind this one, made at a moment when the journal stands at head: as wide as the journal moves in a span, going by how
// far it has moved since this one was made. After a restore the journal stands far ahead, and so does the range's end.
func (r *Range) next(head, nowMicros int64, span time.Duration) Range {
	n := Range{ID: r.ID + 1, First: r.Until, head: head, madeMicros: nowMicros, partBits: r.partBits}
	before := min(r.Until-r.First, mostWidth)
	width := before * widthStep
	if took := nowMicros - r.madeMicros; took > 0 {
		pace := float64(max(0, head-r.head)) / float64(took)
		width = int64(min(pace*float64(span.Microseconds()), float64(width)))
	}
	width = min(max(width, before/widthStep, leastWidth), mostWidth)
	n.Until = max(n.First, head) + width
	return n
}
