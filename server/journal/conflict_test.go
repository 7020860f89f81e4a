package journal

import (
	"fmt"
	"math/rand/v2"
	"slices"
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

// TestContentsOfSharedIDsAtOnceAreAppendedOnce has several processes append lists in which ids stand with several contents each, in another
// order in each list: of each id one content is new, once, and each answer fits to it.
func TestContentsOfSharedIDsAtOnceAreAppendedOnce(t *testing.T) {
	t.Parallel()
	const writers, ids, contents = 4, 60, 3
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		open(t, s)
		var answers [writers]map[Identity]map[Status][]string
		var all sync.WaitGroup
		for writer := range writers {
			j, random := open(t, storetest.Again(t, s)), rand.New(rand.NewPCG(uint64(writer), 1))
			var list []Entry
			for place := range ids * contents {
				list = append(list, entry(fmt.Sprint(place/contents), fmt.Sprint(place%contents)))
			}
			random.Shuffle(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
			answers[writer] = map[Identity]map[Status][]string{}
			all.Go(func() {
				statuses, err := j.Append(t.Context(), list, 1)
				if err != nil {
					t.Error(err)
					return
				}
				for i, e := range list {
					if answers[writer][e.Identity()] == nil {
						answers[writer][e.Identity()] = map[Status][]string{}
					}
					answers[writer][e.Identity()][statuses[i]] = append(answers[writer][e.Identity()][statuses[i]], string(e.Body))
				}
			})
		}
		all.Wait()
		for id := range ids {
			identity, fresh, stands := Identity{EventID: fmt.Sprint(id)}, 0, ""
			for writer := range writers {
				of := answers[writer][identity]
				fresh += len(of[Appended])
				known := slices.Concat(of[Appended], of[Duplicate])
				require.Len(t, known, 1, "one content stands, and a writer meets it once")
				require.Len(t, of[Conflict], contents-1)
				require.Contains(t, []string{"", known[0]}, stands)
				stands = known[0]
			}
			require.Equal(t, 1, fresh)
		}
		conflicts, err := s.Ent().EventConflict.Query().Count(t.Context())
		require.NoError(t, err)
		require.Equal(t, ids*(contents-1), conflicts)
	})
}
