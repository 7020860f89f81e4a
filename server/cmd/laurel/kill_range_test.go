package main

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/journal/journaltest"
	"github.com/laurelhq/laurel/server/store"
)

const (
	// rangesByDefault is how often the journal runs out of ranges; LAUREL_KILLS asks for more, up to rangesAtMost, since each range is wider
	// than the one before.
	rangesByDefault, rangesAtMost = 2, 5
	// narrowRoom and narrowBefore are how many transactions the first range has room for that runs out, and how many begin before it.
	narrowRoom, narrowBefore = 1000, 20_000
)

// TestKillTheMakerOfARangeNothingLostNothingTwice has the journal run out of ranges under both processes: whoever appends first makes one,
// and is stopped or killed in the middle of it, with the transaction and the lock of ranges in its hands. The other one makes it then.
func TestKillTheMakerOfARangeNothingLostNothingTwice(t *testing.T) {
	t.Parallel()
	p := startPair(t, false, func(s *store.Store) { journaltest.Narrow(t, s, narrowRoom, narrowBefore) })
	hits := []struct {
		says string
		hit  func(victim *member)
		mend func(victim *member, t *testing.T)
	}{
		{"stopped", func(victim *member) { victim.stopHere(t) }, (*member).goOn},
		{"killed", func(victim *member) { victim.kill() }, (*member).begin},
	}
	for number := range min(setting(t, "LAUREL_KILLS", rangesByDefault), rangesAtMost) {
		blow := hits[number%len(hits)]
		before := p.number(t, "SELECT count(*) FROM journal_range")
		victim, other := p.makerOfARange(t, blow.hit)
		p.point(other)
		p.senders.waitFor(t, p.senders.acknowledged()+1000)
		made := p.number(t, "SELECT count(*) FROM journal_range") - before
		require.Positive(t, made)
		t.Logf("%s: the other process made %d ranges", blow.says, made)
		blow.mend(victim, t)
		p.even(t)
		p.point(p.members[:]...)
	}
	require.Zero(t, p.number(t, `SELECT count(*) FROM (SELECT first, lag(until) OVER (ORDER BY id) AS before FROM journal_range) AS r
		WHERE first <> before`), "ranges follow each other")
	p.finish(t)
}

// attaching is which process is attaching a table to the journal, and waits.
const attaching = `SELECT application_name FROM pg_stat_activity
	WHERE wait_event_type = 'Lock' AND query LIKE 'ALTER TABLE journal_event ATTACH%'`

// makerOfARange has the journal run out of ranges, and hits the process that is making one while it does.
func (p *pair) makerOfARange(t *testing.T, hit func(victim *member)) (victim, other *member) {
	t.Helper()
	// Nobody can attach a table while this transaction is open, though everybody appends and reads.
	tx, err := p.look.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	_, err = tx.ExecContext(t.Context(), "LOCK TABLE journal_event IN SHARE UPDATE EXCLUSIVE MODE")
	require.NoError(t, err)
	left := p.number(t, `SELECT (max(until) >> 13) - (SELECT value::bigint FROM setting WHERE id = 'journal_offset')
		- pg_snapshot_xmax(pg_current_snapshot())::text::bigint FROM journal_range`)
	_, err = p.look.ExecContext(t.Context(), fmt.Sprintf(
		"DO $$ BEGIN FOR i IN 1..%d LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$", left+10))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		var name string
		if err := p.look.QueryRowContext(t.Context(), attaching).Scan(&name); err != nil {
			require.ErrorIs(t, err, sql.ErrNoRows)
			return false
		}
		for i, m := range p.members {
			if name == "laurel "+m.name {
				victim, other = m, p.members[1-i]
			}
		}
		return victim != nil
	}, patience, waitStep/4)
	hit(victim)
	return victim, other
}
