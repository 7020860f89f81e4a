package fold

import "iter"

// Cache holds the rows that were used last of partitions that nobody else writes, so that they need no check. Rows that were not used while a
// generation filled up are dropped; two generations are kept. It belongs to one goroutine.
type Cache struct {
	young, old map[Key]*Row
	// bytes is what young takes and limit what a generation may take, in bytes; 0 means no limit.
	bytes, limit int
}

// NewCache returns a cache of at most about twice limit bytes; 0 means that nothing is ever dropped.
func NewCache(limit int) *Cache {
	c := &Cache{limit: limit}
	c.Clear()
	return c
}

// Clear drops everything.
func (c *Cache) Clear() { c.young, c.old, c.bytes = map[Key]*Row{}, map[Key]*Row{}, 0 }

func (c *Cache) get(k Key) *Row {
	if row := c.young[k]; row != nil {
		return row
	}
	row := c.old[k]
	if row != nil {
		delete(c.old, k)
		c.put(row)
	}
	return row
}

// put keeps a row in place of the one of the same key.
func (c *Cache) put(row *Row) {
	if before := c.young[row.Key]; before != nil {
		c.bytes -= before.size()
	}
	if c.limit > 0 && c.bytes >= c.limit {
		c.old, c.young, c.bytes = c.young, make(map[Key]*Row, len(c.young)), 0
	}
	c.young[row.Key] = row
	c.bytes += row.size()
}

// All are the rows that are kept, in no order.
func (c *Cache) All() iter.Seq[*Row] {
	return func(yield func(*Row) bool) {
		for _, row := range c.young {
			if !yield(row) {
				return
			}
		}
		for key, row := range c.old {
			if c.young[key] == nil && !yield(row) {
				return
			}
		}
	}
}
