package archive_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/archive"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// TestADropUnderAReadingIsTold drops a range while somebody reads the whole journal: he reads everything, or is told that he did not.
func TestADropUnderAReadingIsTold(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j := filled(t, s)
		before, err := history(t, j)
		require.NoError(t, err)
		ids, folder := closed(t, j), t.TempDir()
		for place, id := range ids { // one that is being read, then one that is still to be read
			a := write(t, j, id, folder)
			shelf, err := archive.Look([]string{folder})
			require.NoError(t, err)
			records, err := shelf.History(t.Context(), j)
			require.NoError(t, err)
			dropped := make(chan error, 1)
			var bodies []string
			var told error
			for r, err := range records {
				if told = err; err != nil {
					break
				}
				if bodies = append(bodies, string(r.Body)); len(bodies) == 1 {
					r := rangeOf(t, j, id)
					go func() {
						dropped <- j.Drop(t.Context(), journal.Drop{Range: r, ManifestHash: a.Hash, Folder: a.Folder, By: "ada@here", Needed: unneeded})
					}()
					if place > 0 || s.Dialect() == store.SQLite { // else the reading itself is what the drop waits for
						require.NoError(t, <-dropped)
						dropped <- nil
					}
				}
			}
			require.NoError(t, <-dropped)
			if told == nil {
				require.Equal(t, before, bodies)
			} else {
				require.ErrorContains(t, told, "a range of the journal was dropped meanwhile: try again")
			}
			after, err := history(t, j, folder)
			require.NoError(t, err)
			require.Equal(t, before, after)
			require.NoError(t, j.VerifyRanges(t.Context(), func(text string) { t.Error(text) }))
		}
	})
}
