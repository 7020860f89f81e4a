package journal

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// TestSameConflictsAtOnceDoNotFail has two callers re-use the same ids with the same other content.
func TestSameConflictsAtOnceDoNotFail(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	j := open(t, s)
	for round := range 5 {
		var first, other []Entry
		for i := range 300 {
			first = append(first, entry(fmt.Sprint(round, "-", i), "1"))
			other = append(other, entry(fmt.Sprint(round, "-", i), "2"))
		}
		_, err := j.Append(t.Context(), first, 1)
		require.NoError(t, err)
		var all sync.WaitGroup
		for range 2 {
			all.Go(func() {
				if _, err := j.Append(t.Context(), other, 1); err != nil {
					t.Error(round, err)
				}
			})
		}
		all.Wait()
	}
}
