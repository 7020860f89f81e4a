package board

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"strings"

	"github.com/laurelhq/laurel/server/journal"
)

// MaxUnits bounds the absolute value of a score: beyond 2^53 a Redis sorted set could not hold it exactly.
const MaxUnits = int64(1) << 53

// MaxTieBytes bounds the encoded tie-breaks of one entry, in bytes.
const MaxTieBytes = 32

// ErrLost says that a board is not in the engine: never loaded, dropped, or flushed by an operator or a restart.
// The caller loads it again from standings.
var ErrLost = errors.New("board lost")

// ErrBehind says that Load was given entries older than what the board already holds; the caller reads standings again and retries.
var ErrBehind = errors.New("entries are behind the board")

// Entry is one player's standing as the board orders it.
type Entry struct {
	// UserID is the player; 1 to 128 bytes of UTF-8.
	UserID string
	// Units is the score in 10^-precision points; |Units| ≤ MaxUnits. Higher is better.
	Units int64
	// Tie is the encoded tie-break values: bytewise smaller is better. All entries of a board have the same length, ≤ MaxTieBytes.
	Tie string
}

// Compare gives the order of two entries: negative when a is placed before b.
func Compare(a, b Entry) int {
	if a.Units != b.Units {
		return cmp.Compare(b.Units, a.Units)
	}
	if c := strings.Compare(a.Tie, b.Tie); c != 0 {
		return c
	}
	return strings.Compare(a.UserID, b.UserID)
}

// Row is an entry with its place.
type Row struct {
	Entry
	// Place counts from 1.
	Place int64
}

// Batch is what one committed fold batch does to one board. Entries are absolute values, at most one for each player.
type Batch struct {
	// Board is the contest's id.
	Board string
	// Seq is the journal position, 1 to 2^53, of the last event that changed one of the entries: what contest.Row calls Seq, not the end of
	// the fold's batch. So the positions of a board follow from its standings alone, whoever reads them. An engine skips a batch whose Seq is
	// not above the last one it applied for the same Partition.
	Seq int64
	// Partition tells apart batches that are ordered among themselves; 0 to MaxPartitions-1.
	Partition int
	Entries   []Entry
}

// Engine is a rank store.
type Engine interface {
	// Apply writes many players on many boards and returns, in the order of the batches, whether each was applied, skipped, or
	// its board is lost. An error means nothing is known; the caller may apply the same batches again.
	// Once a board is lost in a call, the later batches for it in that call are lost as well. After that the caller applies nothing to
	// the board before a Load whose positions cover what was lost: an engine can't know of a batch that it never took.
	// Of two entries of one player the last counts. Batches and entries out of bounds (see their Check) are an error.
	Apply(ctx context.Context, batches []Batch) ([]Result, error)
	// Page returns up to count rows from place from+1 on, the number of players on the board and its positions, all of one moment. ErrLost
	// when the board is lost. from is 0 or more, count is 0 to MaxPage; anything else is an error. With count 0 it costs next to nothing.
	Page(ctx context.Context, board string, from, count int64) (Page, error)
	// Rank returns the rows of the given players; a player who is not on the board has Place 0. ErrLost when the board is lost.
	Rank(ctx context.Context, board string, users []string) ([]Row, error)
	// Load replaces a board by the given entries, read in any order. Readers see the old board or the new one, never a mix. positions are the
	// Seq of each partition that the entries hold; a partition beyond their end has none. They are read when the entries are at their end, so
	// that whoever yields the entries may fill them in on the way. ErrBehind when the board there is has applied a batch beyond them; a lost
	// board has no positions. A player who comes twice is an error. After an error the board is what it was.
	Load(ctx context.Context, board string, entries iter.Seq2[Entry, error], positions journal.Positions) error
	// Drop forgets a board. Dropping a board that is lost is no error.
	Drop(ctx context.Context, board string) error
}

// Result says what became of one batch.
type Result uint8

// The results of applying a batch.
const (
	Applied Result = iota + 1
	Skipped
	Lost
)
