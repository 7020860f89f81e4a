package pipeline_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// TestContestThatCanNotBeFrozenHoldsUpNoOther has the database refuse the result of one contest for good. The others end as they should.
func TestContestThatCanNotBeFrozenHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	refuse := map[store.Dialect]string{
		store.SQLite: "CREATE TRIGGER refuse BEFORE INSERT ON final_standing WHEN NEW.contest_id = 'b' BEGIN SELECT RAISE(ABORT, 'refused'); END",
		store.Postgres: `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.contest_id = 'b' THEN RAISE EXCEPTION
			'refused'; END IF; RETURN NEW; END $$;
			CREATE TRIGGER refuse BEFORE INSERT ON final_standing FOR EACH ROW EXECUTE FUNCTION refuse()`,
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		clock := clockAt(60)
		p := start(t, s, options{now: clock.now})
		for _, id := range []string{"a", "b", "c"} {
			p.publish(t, sprint(id, "type: sum"))
		}
		p.send(t, spin{id: "1", user: "u", at: at(1), bet: 100, win: 100}.event())
		p.fold(t)
		_, err := s.Write().ExecContext(t.Context(), refuse[s.Dialect()])
		require.NoError(t, err)
		clock.set(90_000)
		var failed error
		require.Eventually(t, func() bool {
			failed = p.contests.Step(t.Context())
			require.NoError(t, p.pipeline.CatchUp(t.Context()))
			return p.contest(t, "c").ResultHash != ""
		}, patience, 5*time.Millisecond, "the contest behind it becomes final")
		require.ErrorContains(t, failed, "contest b")
		require.NotEmpty(t, p.contest(t, "a").ResultHash)
		require.NotEmpty(t, p.contest(t, "c").ResultHash)
		require.Empty(t, p.contest(t, "b").ResultHash)
	})
}

// TestContestThatHasClosedKeepsItsDefinition publishes a longer window in the moment a contest closes: the catalog's clock says that it
// runs, and the fold has closed it.
func TestContestThatHasClosedKeepsItsDefinition(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := start(t, s, options{eventClock: true, now: still})
		p.publish(t, sprint("c", "type: sum"))
		p.send(t, spin{id: "1", user: "a", at: at(1), bet: 100, win: 100}.event(), spin{id: "past the grace", user: "a", at: at(3700), bet: 100,
			win: 100}.event())
		p.fold(t)
		before := p.contest(t, "c")
		require.NotNil(t, before.CloseSeq)
		longer := strings.Replace(sprint("c", "type: sum"), "end: 2025-10-25T19:00Z", "end: 2025-10-25T20:00Z", 1)
		_, _, err := p.catalog.Publish(t.Context(), catalog.Publication{Yaml: longer, By: "test"})
		var refused *catalog.Invalid
		require.ErrorAs(t, err, &refused)
		p.settle(t, "c")
		for _, process := range []*process{p, start(t, s, options{eventClock: true, now: still})} {
			after := process.contest(t, "c")
			require.Equal(t, before.End, after.End)
			require.Equal(t, before.Version, after.Version)
			require.Equal(t, newHash(t, s, before.Hash, before.CloseSeq), after.ResultHash)
		}
	})
}
