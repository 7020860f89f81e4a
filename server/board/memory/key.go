package memory

import (
	"encoding/binary"
	"math/bits"

	"github.com/laurelhq/laurel/server/board"
)

// prefixBytes is how much of tie and user id the order keeps beside the units: two tie-breaks. With that, boards on which thousands
// share a score are compared without reading records, each of which would be a wait for memory.
const prefixBytes = 16

// key is what a board is sorted by, ascending: units as rankWord gives them, then the first bytes of tie and user id, then the rest of
// them, which is read from the record only when all words are equal.
type key struct {
	words  [3]uint64
	handle handle
}

func newKey(h handle, rank uint64, prefix *[prefixBytes]byte) key {
	return key{words: [3]uint64{rank, binary.BigEndian.Uint64(prefix[:]), binary.BigEndian.Uint64(prefix[8:])}, handle: h}
}

// entryKey is the key of an entry before it has a record. It is placed before all others with the same words.
func entryKey(e *board.Entry) key {
	var prefix [prefixBytes]byte
	n := copy(prefix[:], e.Tie)
	copy(prefix[n:], e.UserID)
	return newKey(0, rankWord(e.Units), &prefix)
}

// rankWord turns units into a number that is smaller for more of them.
func rankWord(units int64) uint64 { return 1<<63 - uint64(units) }

// unitsOf is the inverse of rankWord.
func unitsOf(rank uint64) int64 { return int64(1<<63 - rank) }

// over is 1 when the words of x come after those of k, else 0. It takes the words as the digits of one number and answers with what is
// borrowed when x is taken from k. That is arithmetic and no branch, so the processor never guesses it wrong and goes on to the next
// player's search while it waits for this one's memory.
func over(x, k *key) int {
	_, borrow := bits.Sub64(k.words[2], x.words[2], 0)
	_, borrow = bits.Sub64(k.words[1], x.words[1], borrow)
	_, borrow = bits.Sub64(k.words[0], x.words[0], borrow)
	return int(borrow)
}

// search looks for the floor of a key among sorted ones: the last whose words are not over the key's, or the first of all.
// It is at the index at once rest is 1 or less.
type search struct{ at, rest int }

// step halves what is left of a search. When nothing is left it changes nothing, so that searches of different lengths go side by side.
// There must be room for one key at least.
func (s *search) step(keys []key, k *key) {
	half := int(uint(s.rest) / 2)
	s.at += half & (over(&keys[s.at+half], k) - 1)
	s.rest -= half
}

// floorOf is the index of the floor of k; 0 when there are no keys. It branches, since for one search alone the processor's guesses are
// worth more: half of them read the right key ahead.
func floorOf(keys []key, k *key) int {
	at := 0
	for rest := len(keys); rest > 1; {
		half := int(uint(rest) / 2)
		if over(&keys[at+half], k) == 0 {
			at += half
		}
		rest -= half
	}
	return at
}
