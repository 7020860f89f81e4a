package pipeline_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/board/redis/redistest"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// TestRedisThatRefusesWritesHeals has Redis answer reads and refuse writes, or lose what it holds to make room, while events come in. The
// fold goes on, readers see the standings, and the board is right when Redis is.
func TestRedisThatRefusesWritesHeals(t *testing.T) {
	t.Parallel()
	set := func(name, value string) func(*testing.T, *redistest.Server) {
		return func(t *testing.T, r *redistest.Server) {
			t.Helper()
			require.NoError(t, r.Client().ConfigSet(t.Context(), name, value).Err())
		}
	}
	replica := func(host, port string) func(*testing.T, *redistest.Server) {
		return func(t *testing.T, r *redistest.Server) {
			t.Helper()
			require.NoError(t, r.Client().Do(t.Context(), "replicaof", host, port).Err())
		}
	}
	cases := map[string][2]func(*testing.T, *redistest.Server){
		"out of memory": {set("maxmemory", "1"), set("maxmemory", "0")},
		"evicting": {func(t *testing.T, r *redistest.Server) {
			set("maxmemory-policy", "allkeys-lru")(t, r)
			set("maxmemory", "1")(t, r)
		}, set("maxmemory", "0")},
		"read-only": {replica("127.0.0.1", "1"), replica("NO", "ONE")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engine, server := redisEngine(t)
			p := start(t, storetest.Open(t, store.SQLite), options{eventClock: true, engine: engine})
			p.publish(t, sprint("c", "type: sum"))
			p.send(t, spin{id: "1", user: "a", at: at(1), bet: 100, win: 100}.event(), spin{id: "2", user: "b", at: at(1), bet: 100,
				win: 200}.event())
			p.fold(t)
			p.equalsStandings(t, engine, "c", "the board is built")
			c[0](t, server)
			for i := range 5 {
				p.send(t, spin{id: fmt.Sprint("meanwhile ", i), user: "a", at: at(2), bet: 100, win: 100}.event())
				p.fold(t)
			}
			require.Equal(t, []string{"a 60000", "b 20000"}, p.standings(t, "c"))
			require.Eventually(t, func() bool {
				page, err := p.boards.Page(t.Context(), "c", 0, 10)
				return err == nil && page.Stale && len(page.Rows) == 2 && page.Rows[0].UserID == "a" && page.Rows[0].Units == 60_000
			}, patience, 5*time.Millisecond, "readers get the standings, marked stale, and not what Redis still holds")
			ranks, err := p.boards.Rank(t.Context(), "c", []string{"a", "b"})
			require.NoError(t, err)
			require.Equal(t, []int64{1, 2}, []int64{ranks[0].Place, ranks[1].Place})
			c[1](t, server)
			p.equalsStandings(t, engine, "c", "the board is built anew")
			p.send(t, spin{id: "after", user: "b", at: at(3), bet: 100, win: 500}.event())
			p.fold(t)
			p.equalsStandings(t, engine, "c", "batches are applied as ever")
			require.Eventually(t, func() bool {
				page, err := p.boards.Page(t.Context(), "c", 0, 10)
				return err == nil && !page.Stale
			}, patience, 5*time.Millisecond, "readers get the board again")
		})
	}
}
