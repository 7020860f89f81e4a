package board

import (
	"errors"
	"fmt"

	"github.com/laurelhq/laurel/server/journal"
)

// MaxUserBytes bounds a user id, in bytes.
const MaxUserBytes = 128

// MaxPage bounds the rows of one Page call. A longer page would hold up every other reader of a Redis server; read on from the last place
// instead.
const MaxPage = 10_000

// MaxSeq bounds a journal position: beyond 2^53 a Redis script could not compare it exactly.
const MaxSeq = int64(1) << 53

// MaxPartitions bounds the partitions of a journal: a page carries the position of each.
const MaxPartitions = 4096

// Check says what is wrong with an entry that is about to join a board whose tie-breaks are tieBytes long.
// Scores and ids are validated where they enter the product; the engines check again because an entry outside these
// bounds would break the order of a whole board.
func (e Entry) Check(tieBytes int) error {
	switch {
	case len(e.UserID) == 0 || len(e.UserID) > MaxUserBytes:
		return fmt.Errorf("user_id has %d bytes; it must have 1 to %d", len(e.UserID), MaxUserBytes)
	case e.Units > MaxUnits || e.Units < -MaxUnits:
		return fmt.Errorf("units of user %q are %d; they must be between -2^53 and 2^53", e.UserID, e.Units)
	case len(e.Tie) > MaxTieBytes:
		return fmt.Errorf("tie of user %q has %d bytes; at most %d are allowed", e.UserID, len(e.Tie), MaxTieBytes)
	case len(e.Tie) != tieBytes:
		return fmt.Errorf("tie of user %q has %d bytes; all ties of a board have the same length, here %d", e.UserID, len(e.Tie), tieBytes)
	}
	return nil
}

// Check says what is wrong with a batch, its entries aside.
func (b Batch) Check() error {
	switch {
	case b.Board == "":
		return errNoBoard
	case b.Seq > MaxSeq || b.Seq < 1:
		return fmt.Errorf("seq of a batch for board %q is %d; it must be between 1 and 2^53", b.Board, b.Seq)
	case b.Partition < 0 || b.Partition >= MaxPartitions:
		return fmt.Errorf("partition of a batch for board %q is %d; it must be between 0 and %d", b.Board, b.Partition, MaxPartitions-1)
	}
	return nil
}

// CheckLoad says what is wrong with a board and the positions of what is loaded into it.
func CheckLoad(board string, positions journal.Positions) error {
	switch {
	case board == "":
		return errNoBoard
	case len(positions) > MaxPartitions:
		return fmt.Errorf("%d positions; at most %d", len(positions), MaxPartitions)
	}
	for partition, seq := range positions {
		if seq > MaxSeq || seq < 0 {
			return fmt.Errorf("position of partition %d is %d; it must be between 0 and 2^53", partition, seq)
		}
	}
	return nil
}

// errNoBoard says that a board's id is missing.
var errNoBoard = errors.New("board is empty; it must be the contest's id")

// CheckPage says what is wrong with the bounds of a page.
func CheckPage(from, count int64) error {
	switch {
	case from < 0:
		return fmt.Errorf("from is %d; it must be 0 or more", from)
	case count < 0 || count > MaxPage:
		return fmt.Errorf("count is %d; it must be 0 to %d", count, MaxPage)
	}
	return nil
}
