package fold

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// texts is a state for tests.
type texts string

func (t texts) CopyTo(State)                 {}
func (t texts) Size() int                    { return len(t) }
func (t texts) AppendBinary(b []byte) []byte { return append(b, t...) }

// TestCacheIsLikeAMap has rows come, change size, be asked for and be forgotten, under keys of which many share a hash: what the cache
// returns is what was put last, it is never fuller than it may be, and without a limit it forgets nothing.
func TestCacheIsLikeAMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.SampledFrom([]int{0, 1, 600, 3000}).Draw(t, "limit")
		c := NewCache(limit)
		c.hash = func(k Key) uint64 { return uint64(k.Subject[0] % 3) }
		model := map[Key]*Row{}
		key := func(t *rapid.T) Key {
			return Key{Table: TableID(rapid.IntRange(0, 1).Draw(t, "table")), Subject: string(rune('a' + rapid.IntRange(0, 9).Draw(t, "subject")))}
		}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				row := &Row{Key: key(t), State: texts(fmt.Sprintf("%*d", rapid.IntRange(1, 400).Draw(t, "size"), 7))}
				c.put(row)
				kept := c.get(row.Key)
				if model[row.Key] = row; kept == nil {
					require.Positive(t, limit)
					c.put(row)
					kept = c.get(row.Key)
				}
				require.Same(t, row, kept, "what was put last, and not for the first time, is there")
			},
			"get": func(t *rapid.T) {
				k := key(t)
				if row := c.get(k); row != nil || limit == 0 {
					require.Same(t, model[k], row)
				}
			},
			"clear": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "seldom") == 0 {
					c.Clear()
					clear(model)
				}
			},
			"": func(t *rapid.T) {
				bytes, rows := 0, 0
				for row := range c.All() {
					require.Same(t, model[row.Key], row)
					bytes, rows = bytes+row.size(), rows+1
				}
				require.Equal(t, bytes, c.bytes)
				require.Equal(t, rows, len(c.rows)+len(c.collided))
				require.True(t, limit == 0 || bytes <= limit || rows == 1)
				require.True(t, limit > 0 || rows == len(model))
			},
		})
	})
}

// TestCacheKeepsWhatIsUsed has a few rows be used again and again among many that are used once.
func TestCacheKeepsWhatIsUsed(t *testing.T) {
	t.Parallel()
	c := NewCache(100 * (rowBytes + 8))
	row := func(subject string) *Row { return &Row{Key: Key{Subject: subject}, State: texts("x")} }
	twice := func(subject string) {
		c.put(row(subject))
		c.put(row(subject))
	}
	for i := range 10 {
		twice(fmt.Sprint("h", i))
	}
	for i := range 10_000 {
		require.NotNil(t, c.get(Key{Subject: fmt.Sprint("h", i%10)}), i)
		twice(fmt.Sprint("c", i))
	}
	for i := range 10_000 {
		c.put(row(fmt.Sprint("once ", i)))
		require.Nil(t, c.get(Key{Subject: fmt.Sprint("once ", i)}), i)
	}
}
