package fold

import (
	"context"
	"errors"

	"github.com/laurelhq/laurel/server/store"
)

// TableID names a table of state rows.
type TableID uint8

// The tables, one for each package that keeps state.
const (
	// PlayerPage is what is known of a player beside his standings, by no definition.
	PlayerPage TableID = iota
	// Standing is a player's score in a contest.
	Standing
	tables
)

// Key names a state row: what one definition knows of one subject, which is a player most often.
type Key struct {
	Table TableID
	// Definition is a contest's id for instance; empty where a row belongs to none.
	Definition string
	Subject    string
}

// Row is a state row.
type Row struct {
	Key
	// ID is the row's id in a table that numbers its rows; Stored tells whether the row is in the database.
	ID     int64
	Stored bool
	// used and slot are the cache's: whether the row was used lately, and where it is kept.
	used bool
	slot int32
	// Partition is the one whose events change the row; no other owner writes it.
	Partition int
	// Version is the definition version that changed it last, Seq the journal position of the event that did.
	Version int
	Seq     int64
	State   State
	// Damaged tells why what is stored of the row can't be read; the state means nothing then, and no event that needs it is folded.
	Damaged error
}

// ErrNewer means that a newer version of Laurel wrote a row. Its events wait until that version folds them.
var ErrNewer = errors.New("a newer version of Laurel wrote it; have that version fold")

// State is what a row holds; each table has a type of its own.
type State interface {
	// CopyTo makes into, a state of the same table, equal to this one. The two share nothing that may change.
	CopyTo(into State)
	// Size is about how many bytes of memory it takes.
	Size() int
	// AppendBinary appends the state as it is stored.
	AppendBinary(b []byte) []byte
}

// Table makes, reads and writes the rows of one kind.
type Table interface {
	// New returns the state of a row that was never written.
	New() State
	// Load reads the rows of some keys with one statement; those that are not stored are left out, and one that can't be read is Damaged.
	// ErrNewer stands for all of them.
	Load(ctx context.Context, s *store.Store, keys []Key) ([]*Row, error)
	// Store writes rows in the transaction of their batch, gives new ones their ids, and marks them as stored.
	Store(ctx context.Context, tx *store.Tx, rows []*Row) error
}

// Tables are all tables by their ids.
type Tables [tables]Table

func (r *Row) copyTo(into *Row) {
	state := into.State
	*into = *r
	into.State = state
	r.State.CopyTo(state)
}

// rowBytes is what a row takes in a cache beside its state: itself, and its places in the ring and the map.
const rowBytes = 96 + 8 + 28

func (r *Row) size() int { return rowBytes + len(r.Subject) + r.State.Size() }
