package pipeline_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// highestCounted is the journal position of the newest event that counts in a contest.
func highestCounted(t *testing.T, s *store.Store, contestID string) (seq int64) {
	t.Helper()
	require.NoError(t, s.Read().QueryRowContext(t.Context(), "SELECT coalesce(max(seq), 0) FROM standing WHERE contest_id = $1", contestID).
		Scan(&seq))
	return seq
}

// TestNoEventCountsAboveTheClosePosition has an event arrive and be folded while a contest is closing: after the head of the journal was
// read, before it is stored as the close position.
func TestNoEventCountsAboveTheClosePosition(t *testing.T) {
	t.Parallel()
	line, s := overLine(t)
	clock := clockAt(60)
	p := start(t, s, options{now: clock.now})
	folder := start(t, s, options{now: still})
	p.publish(t, sprint("c", "type: sum"))
	p.send(t, spin{id: "1", user: "a", at: at(1), bet: 100, win: 100}.event())
	folder.fold(t)
	clock.set(3700)
	letGo := make(chan struct{})
	closing := line.next(fault{text: []byte("UPDATE contest SET close_seq"), passOn: letGo})
	stepped := make(chan error, 1)
	go func() { stepped <- p.contests.Step(t.Context()) }()
	<-closing.caught
	folder.send(t, spin{id: "2", user: "b", at: at(2), bet: 100, win: 100}.event())
	folded := make(chan error, 1)
	go func() { folded <- folder.pipeline.CatchUp(t.Context()) }()
	require.Eventually(t, func() bool { return len(folded) == 1 || waiting(t, s) > 0 }, patience, 5*time.Millisecond,
		"the fold has committed, or waits until the contest is closed")
	close(letGo)
	require.NoError(t, <-stepped)
	require.NoError(t, <-folded)
	folder.fold(t)
	require.NoError(t, p.contests.Sync(t.Context()))
	closed := p.contest(t, "c").CloseSeq
	require.NotNil(t, closed)
	require.LessOrEqual(t, highestCounted(t, s, "c"), slices.Max(closed))
	require.Equal(t, []string{"a 10000"}, p.standings(t, "c"))
	late, err := s.Ent().LateEvent.Query().Count(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, late, "the decision not to count the event is recorded")
}

// waiting counts the sessions of a Postgres database that wait for a lock.
func waiting(t *testing.T, s *store.Store) (sessions int) {
	t.Helper()
	require.NoError(t, s.Read().QueryRowContext(t.Context(),
		"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&sessions))
	return sessions
}

// TestFinalContestKeepsItsDefinition publishes a new title after a contest is final. It is shown, and the result goes on saying that it was
// made from the version before, in this process and in the next.
func TestFinalContestKeepsItsDefinition(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		clock := clockAt(60)
		onClock := options{now: clock.now}
		p := start(t, s, onClock)
		p.publish(t, sprint("c", "type: sum", "title: First"))
		p.send(t, spin{id: "1", user: "a", at: at(1), bet: 100, win: 100}.event())
		p.fold(t)
		clock.set(90_000)
		p.settle(t, "c")
		before, _ := p.contests.Summary("c")
		require.NotEmpty(t, before.GetResultHash())
		p.publish(t, sprint("c", "type: sum", "title: Second"))
		for _, process := range []*process{p, start(t, s, onClock)} {
			after, _ := process.contests.Summary("c")
			require.Equal(t, before.GetDefinitionHash(), after.GetDefinitionHash())
			require.Equal(t, before.GetResultHash(), after.GetResultHash())
			require.Equal(t, "Second", after.GetTitle())
			require.EqualValues(t, 1, after.GetVersion())
		}
	})
}

// settle steps and folds until a contest is final.
func (p *process) settle(t *testing.T, contestID string) {
	t.Helper()
	require.Eventually(t, func() bool {
		require.NoError(t, p.contests.Step(t.Context()))
		require.NoError(t, p.pipeline.CatchUp(t.Context()))
		return p.contest(t, contestID).ResultHash != ""
	}, patience, 5*time.Millisecond, "the contest becomes final")
}

// TestTiesCanNotChangeOnceEventsMayCount tries to give a contest other tie-breaks. Five minutes before its start the first event of a
// sender whose clock runs ahead may be folded, and a board has ties of one length.
func TestTiesCanNotChangeOnceEventsMayCount(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		clock := clockAt(-361)
		p := start(t, s, options{now: clock.now})
		p.publish(t, sprint("c", "type: sum"))
		p.publish(t, sprint("c", "type: sum, tiebreaker: [earliest_finish_ts]"))
		clock.set(-300)
		p.send(t, spin{id: "1", user: "a", at: at(0), bet: 100, win: 100}.event())
		p.fold(t)
		require.Equal(t, []string{"a 10000"}, p.standings(t, "c"))
		_, _, err := p.catalog.Publish(t.Context(), catalog.Publication{Yaml: sprint("c", "type: sum"), By: "test"})
		var invalid *catalog.Invalid
		require.ErrorAs(t, err, &invalid)
		require.Equal(t, "leaderboard", invalid.Problems[0].Field)
	})
}

// TestStartDuringAFreezeHoldsNothingUp starts a process while another writes a final result.
func TestStartDuringAFreezeHoldsNothingUp(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	freeze, err := s.Write().BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer func() { _ = freeze.Rollback() }()
	_, err = freeze.ExecContext(t.Context(), "INSERT INTO final_standing (contest_id, place, user_id, units, tie) VALUES ('c', 1, 'a', 1, '')")
	require.NoError(t, err)
	waiting, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err = s.Migrate(waiting)
	require.NoError(t, err)
	j, err := journal.Open(waiting, s, 0)
	require.NoError(t, err)
	_, err = j.Append(waiting, []journal.Entry{{EventID: "1", UserID: "a", Body: []byte{1}}}, 1)
	require.NoError(t, err)
}

const (
	// frozenPlayers are more than two slices of a freeze hold, and cutAt lies in the second.
	frozenPlayers, cutAt = 4500, 3000
	manyStandings        = `INSERT INTO standing (contest_id, user_id, partition, units, tie, rounds, version, seq, state)
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT 'c', 'u' || i, 0, (i * 7919) %% 1009, %s, 1, 1, 1,
			%s FROM n`
)

// TestFreezeGoesOnAfterItWasCutShort lets the database refuse a place in the middle of a freeze. What was copied stays, nothing is final,
// and the next step makes the result that an uncut freeze would have made.
func TestFreezeGoesOnAfterItWasCutShort(t *testing.T) {
	t.Parallel()
	empty := map[store.Dialect]string{store.SQLite: "x''", store.Postgres: `''::bytea`}
	refuse := map[store.Dialect][2]string{
		store.SQLite: {fmt.Sprintf("CREATE TRIGGER cut BEFORE INSERT ON final_standing WHEN NEW.place = %d BEGIN SELECT RAISE(ABORT, 'cut'); END",
			cutAt), "DROP TRIGGER cut"},
		store.Postgres: {fmt.Sprintf(`CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.place = %d THEN RAISE EXCEPTION
			'cut'; END IF; RETURN NEW; END $$;
			CREATE TRIGGER cut BEFORE INSERT ON final_standing FOR EACH ROW EXECUTE FUNCTION cut()`, cutAt), "DROP TRIGGER cut ON final_standing"},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		clock := clockAt(60)
		p := start(t, s, options{now: clock.now})
		p.publish(t, sprint("c", "type: sum"))
		_, err := s.Write().ExecContext(t.Context(), fmt.Sprintf(manyStandings, frozenPlayers, empty[s.Dialect()], empty[s.Dialect()]))
		require.NoError(t, err)
		_, err = s.Write().ExecContext(t.Context(), refuse[s.Dialect()][0])
		require.NoError(t, err)
		clock.set(90_000)
		require.Eventually(t, func() bool { return p.contests.Step(t.Context()) != nil }, patience, 5*time.Millisecond, "the freeze is cut short")
		require.Empty(t, p.contest(t, "c").ResultHash)
		copied, err := s.Ent().FinalStanding.Query().Count(t.Context())
		require.NoError(t, err)
		require.Positive(t, copied)
		require.Less(t, copied, cutAt)
		_, err = s.Write().ExecContext(t.Context(), refuse[s.Dialect()][1])
		require.NoError(t, err)
		p.settle(t, "c")
		c := p.contest(t, "c")
		require.EqualValues(t, frozenPlayers, c.FinalPlayers)
		ranked, _, _, err := contest.SortedPage(t.Context(), s, "c", 0, 2*frozenPlayers, p.journal.Partitions())
		require.NoError(t, err)
		result := contest.NewResultHash(c.Hash, c.CloseSeq)
		for i, row := range ranked {
			result.Add(int64(i)+1, row)
		}
		require.Equal(t, result.Sum(), c.ResultHash)
		require.Equal(t, ranked, finalRows(t, s, "c"), "each place is there once, with the player it belongs to")
	})
}

func finalRows(t *testing.T, s *store.Store, contestID string) (ranked []contest.Ranked) {
	t.Helper()
	rows, err := s.Read().QueryContext(t.Context(), "SELECT user_id, units, tie FROM final_standing WHERE contest_id = $1 ORDER BY place",
		contestID)
	require.NoError(t, err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var row contest.Ranked
		var tie []byte
		require.NoError(t, rows.Scan(&row.UserID, &row.Units, &tie))
		row.Tie = string(tie)
		ranked = append(ranked, row)
	}
	require.NoError(t, rows.Err())
	return ranked
}
