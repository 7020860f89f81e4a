package pipeline_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/board/memory"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// TestHeirOfAQuietInstallationIsNotBehind has a process take over from one that died before it had stored what boards show. No event comes
// any more, and yet the heir's boards must be known to be complete once they are built, or their readers would be told for ever that they
// are stale.
func TestHeirOfAQuietInstallationIsNotBehind(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		dead := start(t, s, options{now: still})
		dead.publish(t, sprint("c", "type: sum"))
		dead.send(t, spin{id: "1", user: "a", at: at(1), bet: 100, win: 100}.event(), spin{id: "2", user: "b", at: at(1), bet: 100,
			win: 100}.event())
		dead.fold(t)
		_, err := s.Write().ExecContext(t.Context(), "UPDATE journal_partition SET published = 0")
		require.NoError(t, err)
		dead.stop()

		clock := clockAt(60)
		engine := memory.New()
		heir := start(t, storetest.Again(t, s), options{now: clock.now, engine: engine, lanes: 2})
		seconds := 60
		require.Eventually(t, func() bool {
			seconds += 10 // it is asked seconds apart
			clock.set(seconds)
			folded := heir.pipeline.CatchUp(t.Context())
			behind := -1
			read := s.Read().QueryRowContext(t.Context(), "SELECT count(*) FROM journal_partition WHERE published < cursor").Scan(&behind)
			return errors.Join(folded, read) == nil && behind == 0 && !heir.pipeline.Behind()
		}, patience, 5*time.Millisecond)
		heir.equalsStandings(t, engine, "c", "and they are")
	})
}
