package main

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/board/redis/redistest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// pair is two processes that fold one installation on Postgres and Redis, the senders, and an onlooker of the database.
type pair struct {
	in      *installation
	senders *senders
	random  *rand.Rand
	server  *storetest.Server
	look    *sql.DB
	members [2]*member
}

// member is one of the two processes. A killed one has a successor with the same settings.
type member struct {
	*child
	// at is its address, and name what it goes by in the database.
	at, name string
	settings []string
	// lines are its ways to Postgres and Redis; empty when nothing lies between.
	lines []*line
}

// startPair starts two processes and the senders. With lines, either's way to its servers can be cut. Before, the database is prepared.
func startPair(t *testing.T, lines bool, prepare ...func(s *store.Store)) *pair {
	t.Helper()
	seed := uint64(setting(t, "LAUREL_SEED", int(time.Now().UnixNano()>>10)))
	t.Logf("LAUREL_SEED=%d", seed)
	server, redis := postgres(t), redistest.Start(t)
	p := &pair{in: newInstallation(t, server.URL("postgres"), "redis://"+redis.Addr), random: rand.New(rand.NewPCG(seed, 0)), server: server}
	look, err := sql.Open("pgx", server.URL("postgres"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = look.Close() })
	p.look = look
	for _, do := range prepare {
		onDisk(t, server.URL("postgres"), do)
	}
	for i := range p.members {
		m := &member{settings: p.in.settings}
		if lines {
			database, ranks := newLine(t, "unix", server.Dir()+"/.s.PGSQL.5432"), newLine(t, "tcp", redis.Addr)
			m.lines = []*line{database, ranks}
			m.settings = append(append([]string{}, p.in.settings...),
				"LAUREL_DATABASE_URL=postgres://laurel@"+database.at+"/postgres?sslmode=disable", "LAUREL_REDIS_URL=redis://"+ranks.at)
		}
		p.members[i] = m
		m.begin(t)
	}
	p.point(p.members[:]...)
	p.senders = startSenders(t, p.in, seed)
	p.even(t)
	return p
}

// point has the senders post to these processes.
func (p *pair) point(members ...*member) {
	p.in.at.Store(members[0].at)
	second := ""
	if len(members) > 1 {
		second = members[1].at
	}
	p.in.second.Store(second)
}

// fairShare is what each of two processes owns of the partitions of a new installation.
const fairShare = journal.DefaultPartitions / 2

// even waits until both processes fold, each its fair share, and neither doubts its boards.
func (p *pair) even(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, m := range p.members {
			m.name = m.log.name()
			if m.name == "" || p.number(t, "SELECT count(*) FROM journal_partition WHERE owner = $1", m.name) != fairShare {
				return false
			}
		}
		return true
	}, patience, waitStep)
	for _, m := range p.members {
		w := newWeb(t, m.at, p.in.key)
		require.Eventually(t, func() bool { return !w.board(t, "kill_sum", "top=1").Stale }, patience, waitStep)
	}
}

// number reads one figure from the database.
func (p *pair) number(t *testing.T, query string, args ...any) (found int64) {
	t.Helper()
	require.NoError(t, p.look.QueryRowContext(t.Context(), query, args...).Scan(&found))
	return found
}

// oldestWait is how long the oldest event that is not folded has been waiting, in microseconds.
const oldestWait = `SELECT coalesce((extract(epoch FROM clock_timestamp()) * 1000000)::bigint - min(e.ingest_ts), 0)
	FROM journal_event AS e JOIN journal_partition AS p ON p.id = e.partition WHERE e.id > p.cursor AND e.id > (SELECT min(cursor) FROM
		journal_partition)`

// noBacklog is how long the oldest event may have been waiting when there is no backlog: with events coming all the time some are always on
// their way.
const noBacklog = time.Second

// recovered waits until a lost process owns nothing any more and no backlog is left, and returns how long that took.
func (p *pair) recovered(t *testing.T, lost string, since time.Time) (moved, caughtUp time.Duration) {
	t.Helper()
	require.Eventually(t, func() bool { return p.number(t, "SELECT count(*) FROM journal_partition WHERE owner = $1", lost) == 0 }, patience,
		waitStep)
	moved = time.Since(since)
	require.Eventually(t, func() bool { return p.number(t, oldestWait) < noBacklog.Microseconds() }, patience, waitStep)
	return moved, time.Since(since)
}

// sessions counts the sessions of a process that are at work; the fold transactions which have written, those that share the lock of the
// revision; and of these the ones that stand still. A session that waits for its client in the middle of a message counts as at work for
// Postgres, and for no time-out as idle.
const sessions = `SELECT count(*) FILTER (WHERE NOT still), count(*) FILTER (WHERE folds), count(*) FILTER (WHERE folds AND still)
	FROM (SELECT state <> 'active' OR coalesce(wait_event_type, '') = 'Client' AS still, backend_xid IS NOT NULL AND EXISTS (
		SELECT FROM pg_locks AS l WHERE l.pid = a.pid AND l.locktype = 'advisory' AND l.classid = $2 AND l.objid = $3) AS folds
	FROM pg_stat_activity AS a WHERE application_name = 'laurel ' || $1) AS of`

// whileFolding freezes a process when a fold transaction of it is open, and thaws it again if that one made it to its end, until one
// doesn't. It returns when the last freeze was.
func (p *pair) whileFolding(t *testing.T, m *member, freeze, thaw func()) (frozen time.Time) {
	t.Helper()
	tries := 0
	require.Eventually(t, func() bool {
		_, open, still := p.sessions(t, m)
		if open == 0 {
			return false
		}
		tries++
		frozen = time.Now()
		freeze()
		for active := 1; active > 0; {
			active, _, still = p.sessions(t, m)
		}
		if still == 0 {
			thaw()
		}
		return still > 0
	}, patience, time.Millisecond)
	t.Logf("caught in a fold transaction at try %d", tries)
	return frozen
}

func (p *pair) sessions(t *testing.T, m *member) (active, open, still int) {
	t.Helper()
	require.NoError(t, p.look.QueryRowContext(t.Context(), sessions, m.name, store.LockClass, int(store.RevisionLock)).
		Scan(&active, &open, &still))
	return active, open, still
}

// blow is a way to lose one of the two processes. hit does it and returns when it did, and mend brings the process back when the other one
// has taken over.
type blow struct {
	says string
	// foreign has transactions of somebody else open from before the blow until the backlog is gone.
	foreign bool
	hit     func(t *testing.T, p *pair, victim *member) time.Time
	mend    func(victim *member, t *testing.T)
}

// strike deals a blow at a random moment, and waits until the other process has everything in hand and then until both do.
func (p *pair) strike(t *testing.T, b blow) {
	t.Helper()
	hit := p.random.IntN(len(p.members))
	victim, other := p.members[hit], p.members[1-hit]
	end := func() {}
	if b.foreign {
		end = p.foreign(t)
	}
	p.senders.waitFor(t, p.senders.acknowledged()+p.random.IntN(1000))
	began := b.hit(t, p, victim)
	p.point(other)
	moved, caughtUp := p.recovered(t, victim.name, began)
	t.Logf("%s: its partitions moved within %.1f s, the backlog was gone after %.1f s", b.says, moved.Seconds(), caughtUp.Seconds())
	end()
	b.mend(victim, t)
	p.even(t)
	p.point(p.members[:]...)
}

// finish wants everything that was acknowledged to be there once.
func (p *pair) finish(t *testing.T) {
	t.Helper()
	p.senders.waitFor(t, p.senders.acknowledged()+1000)
	p.senders.finish(t)
	p.in.audit(t, p.senders, p.members[0].child, p.members[1].child)
}

// foreign opens a long transaction that has an id, as an analyst does, in this database and in another one of the server, and returns what
// ends both.
func (p *pair) foreign(t *testing.T) (end func()) {
	t.Helper()
	const other = "analyst"
	if p.number(t, "SELECT count(*) FROM pg_database WHERE datname = $1", other) == 0 {
		_, err := p.look.ExecContext(t.Context(), "CREATE DATABASE "+other)
		require.NoError(t, err)
	}
	var open []*sql.Tx
	var pools []*sql.DB
	for _, database := range []string{"postgres", other} {
		pool, err := sql.Open("pgx", p.server.URL(database))
		require.NoError(t, err)
		pools = append(pools, pool)
		tx, err := pool.BeginTx(context.WithoutCancel(t.Context()), nil)
		require.NoError(t, err)
		open = append(open, tx)
		_, err = tx.ExecContext(t.Context(), "SELECT pg_current_xact_id()")
		require.NoError(t, err)
	}
	return func() {
		for i := range open {
			require.NoError(t, open[i].Rollback())
			require.NoError(t, pools[i].Close())
		}
	}
}
