package memory

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
)

const (
	// handleBytes is the alignment of records: a 32-bit handle counts in these, which lets an arena grow to 16 GiB.
	handleBytes = 4
	// pageBits is the number of handle bits inside a page.
	pageBits = 18
	// pageBytes is the size of a page (1 MiB). Full pages are never copied or moved.
	pageBytes = handleBytes << pageBits
	// firstPageBytes is what a small board starts with; its first page doubles up to pageBytes.
	firstPageBytes = 1 << 10
	// maxPages bounds an arena to what a handle can name.
	maxPages = 1 << (32 - pageBits)
	// recordHead is the length of what comes before the tie-break bytes: 8 bytes of rank word and the length of the user id.
	recordHead = 9
)

// errFull says that a board holds as many players as handles can name, about 400 million with ordinary ids.
var errFull = errors.New("board is full")

// handle names a record of one arena; 0 names none.
type handle uint32

// arena holds the players' records: rank word, user id length, tie-break bytes, user id. Tie and user id lie side by side
// because one bytewise comparison of both is the order among equal units.
type arena struct {
	pages    [][]byte
	tieBytes int
}

func (a *arena) record(h handle) []byte {
	return a.pages[h>>pageBits][(h&(1<<pageBits-1))*handleBytes:]
}

// tail is tie-break bytes followed by the user id.
func (a *arena) tail(h handle) []byte {
	r := a.record(h)
	return r[recordHead : recordHead+a.tieBytes+int(r[8])]
}

func (a *arena) user(h handle) []byte {
	return a.tail(h)[a.tieBytes:]
}

// touch reads a record ahead, at its head and at its user id, which may lie on two lines of memory.
func (a *arena) touch(h handle) uint64 {
	if h == 0 {
		return 0
	}
	r := a.record(h)
	return uint64(r[0]) + uint64(r[recordHead+a.tieBytes])
}

// key reads what the order sorts by.
func (a *arena) key(h handle) key {
	r, tail := a.record(h), a.tail(h)
	if len(tail) >= prefixBytes {
		return newKey(h, binary.LittleEndian.Uint64(r), (*[prefixBytes]byte)(tail))
	}
	var short [prefixBytes]byte
	copy(short[:], tail)
	return newKey(h, binary.LittleEndian.Uint64(r), &short)
}

// set changes the units and tie-break of a record in place; the caller has taken it out of the order.
func (a *arena) set(h handle, units int64, tie string) {
	r := a.record(h)
	binary.LittleEndian.PutUint64(r, rankWord(units))
	copy(r[recordHead:], tie)
}

// holds reports whether a record already has these values.
func (a *arena) holds(h handle, units int64, tie string) bool {
	r := a.record(h)
	return binary.LittleEndian.Uint64(r) == rankWord(units) && string(r[recordHead:recordHead+a.tieBytes]) == tie
}

// add appends a record; user is at most 128 bytes and tie is tieBytes long.
func (a *arena) add(user string, units int64, tie string) (handle, error) {
	need := (recordHead + len(tie) + len(user) + handleBytes - 1) / handleBytes * handleBytes
	page, err := a.room(need)
	if err != nil {
		return 0, err
	}
	start := len(*page)
	*page = (*page)[:start+need]
	r := (*page)[start:]
	r[8] = byte(len(user))
	copy(r[recordHead+len(tie):], user)
	h := handle((len(a.pages)-1)<<pageBits + start/handleBytes)
	a.set(h, units, tie)
	return h, nil
}

// room finds the page that takes the next need bytes; a record never crosses pages.
func (a *arena) room(need int) (*[]byte, error) {
	if len(a.pages) == 0 {
		// The first handle is left out: 0 names no record.
		a.pages = append(a.pages, make([]byte, handleBytes, firstPageBytes))
	}
	last := &a.pages[len(a.pages)-1]
	if len(*last)+need <= cap(*last) {
		return last, nil
	}
	if cap(*last) < pageBytes {
		grown := make([]byte, len(*last), 2*cap(*last))
		copy(grown, *last)
		*last = grown
		return last, nil
	}
	if len(a.pages) == maxPages {
		return nil, errFull
	}
	a.pages = append(a.pages, make([]byte, 0, pageBytes))
	return &a.pages[len(a.pages)-1], nil
}

// compare orders two records whose units and prefixes are equal. No record at all comes before every one.
func (a *arena) compare(x, y handle) int {
	if x == y || x == 0 || y == 0 {
		return cmp.Compare(x, y)
	}
	return bytes.Compare(a.tail(x), a.tail(y))
}
