package fold

import (
	"hash/maphash"
	"iter"
	"slices"
)

// Cache holds the rows that were used last of partitions that nobody else writes, so that they need no check. When it is full, a hand goes
// round the rows and drops those that were not used again since they came, or since it passed them ("second chance"). A row is kept from
// the second batch on that touches it: many a player comes once. It belongs to one goroutine.
type Cache struct {
	// rows are found by the hash of their key, which takes a third of the memory of the key; collided has those whose hash another row has.
	rows     map[uint64]*Row
	collided map[Key]*Row
	hash     func(Key) uint64
	// door has a part of the hashes of rows that came once, each where the hash says; nil without a limit, when every row is kept.
	door []uint32
	// ring has every row at its slot.
	ring []*Row
	hand int
	// bytes is what the rows take and limit what they may take; a limit of 0 means no limit.
	bytes, limit int
}

// doorSlots is how many rows that came once are remembered.
const doorSlots = 1 << 17

// NewCache returns a cache of about limit bytes; 0 means that nothing is ever dropped.
func NewCache(limit int) *Cache {
	seed := maphash.MakeSeed()
	c := &Cache{limit: limit, hash: func(k Key) uint64 { return maphash.Comparable(seed, k) }}
	if limit > 0 {
		c.door = make([]uint32, doorSlots)
	}
	c.Clear()
	return c
}

// Clear drops everything.
func (c *Cache) Clear() {
	c.rows, c.collided, c.ring, c.hand, c.bytes = map[uint64]*Row{}, map[Key]*Row{}, nil, 0, 0
}

func (c *Cache) get(k Key) *Row {
	row := c.find(k, c.hash(k))
	if row != nil {
		row.used = true
	}
	return row
}

func (c *Cache) find(k Key, hash uint64) *Row {
	if row := c.rows[hash]; row != nil && row.Key == k {
		return row
	}
	return c.collided[k]
}

// put keeps a row in place of the one of the same key, or, when there is none, from the second time on. It reports whether it did.
func (c *Cache) put(row *Row) bool {
	hash := c.hash(row.Key)
	before := c.find(row.Key, hash)
	if before == nil && !c.cameBefore(hash) {
		return false
	}
	if before != nil {
		row.slot, row.used = before.slot, before.used
		c.ring[row.slot] = row
		c.bytes -= before.size()
	} else {
		row.slot, row.used = int32(len(c.ring)), false
		c.ring = append(c.ring, row)
	}
	c.bytes += row.size()
	switch kept := c.rows[hash]; {
	case kept == nil && before == nil, kept != nil && kept.Key == row.Key:
		c.rows[hash] = row
	default:
		c.collided[row.Key] = row
	}
	for c.limit > 0 && c.bytes > c.limit && len(c.ring) > 1 {
		c.drop(row)
	}
	return true
}

// cameBefore reports whether a row has come before, and remembers that it came now.
func (c *Cache) cameBefore(hash uint64) bool {
	if c.door == nil {
		return true
	}
	slot, mark := &c.door[hash%doorSlots], uint32(hash>>32)|1
	if *slot == mark {
		return true
	}
	*slot = mark
	return false
}

// drop drops the next row that was not used, and is not the one to keep.
func (c *Cache) drop(keep *Row) {
	for {
		if c.hand >= len(c.ring) {
			c.hand = 0
		}
		row := c.ring[c.hand]
		if !row.used && row != keep {
			c.remove(row)
			return
		}
		row.used = false
		c.hand++
	}
}

func (c *Cache) remove(row *Row) {
	last := len(c.ring) - 1
	c.ring[last].slot = row.slot
	c.ring[row.slot] = c.ring[last]
	c.ring[last] = nil
	c.ring = c.ring[:last]
	c.bytes -= row.size()
	if hash := c.hash(row.Key); c.rows[hash] == row {
		delete(c.rows, hash)
	} else {
		delete(c.collided, row.Key)
	}
}

// Bytes is about what the rows take in memory.
func (c *Cache) Bytes() int { return c.bytes }

// Forget drops the rows that are not wanted any more.
func (c *Cache) Forget(unwanted func(*Row) bool) {
	for slot := len(c.ring) - 1; slot >= 0; slot-- {
		if unwanted(c.ring[slot]) {
			c.remove(c.ring[slot])
		}
	}
}

// All are the rows that are kept, in no order.
func (c *Cache) All() iter.Seq[*Row] { return slices.Values(c.ring) }
