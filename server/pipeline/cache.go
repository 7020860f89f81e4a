package pipeline

import "github.com/laurelhq/laurel/server/contest"

// cacheGeneration is how many standings a generation of the cache holds; two generations are kept.
const cacheGeneration = 75_000

// key names a standing.
type key struct{ contestID, userID string }

// cache holds the standings of the owned partitions that were used last. Nobody else writes them, so they need no check.
// A standing that was not used while a generation filled up is dropped.
type cache struct{ young, old map[key]*contest.Row }

func newCache() *cache {
	c := &cache{}
	c.clear()
	return c
}

func (c *cache) clear() { c.young, c.old = map[key]*contest.Row{}, map[key]*contest.Row{} }

func (c *cache) get(k key) *contest.Row {
	if row := c.young[k]; row != nil {
		return row
	}
	row := c.old[k]
	if row != nil {
		c.put(k, row)
	}
	return row
}

func (c *cache) put(k key, row *contest.Row) {
	if len(c.young) >= cacheGeneration {
		c.old, c.young = c.young, make(map[key]*contest.Row, cacheGeneration)
	}
	c.young[k] = row
}
