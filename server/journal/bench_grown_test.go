package journal

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/zeebo/xxh3"

	"github.com/laurelhq/laurel/server/store"
)

// grown is how many events are in the journal before BenchmarkAppendGrown appends: go test ./server/journal -run - -bench Grown -benchtime
// 20s -grown 50000000
var grown = flag.Int("grown", 100_000, "events that are in the journal before BenchmarkAppendGrown appends")

// grow fills the journal of a fresh database with past events. The index of keys is made afterwards, as full as one is that random keys
// went into: one that is dense has no room for a while, one that is emptier never splits a page.
var grow = []string{
	"ALTER TABLE journal_event DETACH PARTITION journal_event_1",
	"ALTER TABLE journal_event_1 DROP CONSTRAINT journal_event_1_pkey",
	"DROP INDEX journal_event_1_player",
	"ALTER TABLE event_key DROP CONSTRAINT event_key_pkey",
	`INSERT INTO journal_event_1 (id, player, event_ts, ingest_ts, partition, body)
		SELECT -n, hashint8extended(n % 1000003, 7), n, n, n % 16, decode(repeat(md5(n::text), 4), 'hex') FROM generate_series(1, $1::bigint) AS
			n`,
	"INSERT INTO event_key (source, event_id, content_hash, seq) SELECT '', md5(n::text), md5(n::text)::uuid, -n FROM " +
		"generate_series(1, $1::bigint) AS n",
	"ALTER TABLE journal_event_1 ADD CONSTRAINT journal_event_1_pkey PRIMARY KEY (id)",
	"CREATE INDEX journal_event_1_player ON journal_event_1 ((id >> 25), player, event_ts)",
	"ALTER TABLE event_key ADD CONSTRAINT event_key_pkey PRIMARY KEY (source, event_id) WITH (fillfactor = 70)",
	"ALTER INDEX event_key_pkey RESET (fillfactor)",
}

// BenchmarkAppendGrown appends on Postgres, from six connections, to a journal that has many events in the range that is appended to:
// nothing is kinder to them than to those of the first day. Ids are either spread over the index of keys, or count, as most senders' do. It
// reports bytes a row of every table and index too.
func BenchmarkAppendGrown(b *testing.B) {
	s := openDurable(b, store.Postgres)
	fill(b, s, *grown)
	j, err := Open(b.Context(), s, 0)
	require.NoError(b, err)
	for _, ids := range []struct {
		name string
		id   func(int) string
	}{
		{"counting", func(n int) string { return fmt.Sprintf("spin-2026-11-22-%016d", n) }},
		{"spread", func(n int) string { return fmt.Sprintf("%032x", xxh3.HashString128(strconv.Itoa(n)).Bytes()) }},
	} {
		b.Run(ids.name, func(b *testing.B) {
			appendFor(b, j, ids.id, 10*time.Second, 1<<40) // until checkpoints and pages are as they are in the long run
			began, log := time.Now(), written(b, s)
			number := 0
			for b.Loop() {
				number += appendFor(b, j, ids.id, time.Second, number)
			}
			b.ReportMetric(float64(number)/time.Since(began).Seconds(), "events/s")
			b.ReportMetric((written(b, s)-log)/float64(number), "WAL-B/event")
		})
	}
}

// written is how many bytes Postgres has written to its log so far.
func written(b *testing.B, s *store.Store) (bytes float64) {
	b.Helper()
	require.NoError(b, s.Read().QueryRowContext(b.Context(), "SELECT pg_current_wal_lsn() - '0/0'").Scan(&bytes))
	return bytes
}

func fill(b *testing.B, s *store.Store, events int) {
	b.Helper()
	var first, until string
	err := s.Read().QueryRowContext(b.Context(), "SELECT 'MINVALUE', until::text FROM journal_range WHERE id = 1").Scan(&first, &until)
	require.NoError(b, err)
	steps := append(grow, fmt.Sprintf("ALTER TABLE journal_event ATTACH PARTITION journal_event_1 FOR VALUES FROM (%s) TO (%s)", first, until),
		"ANALYZE", "CHECKPOINT")
	for _, step := range steps {
		var args []any
		if step[:6] == "INSERT" {
			args = append(args, events)
		}
		_, err := s.Write().ExecContext(b.Context(), step, args...)
		require.NoError(b, err, step)
	}
	rows, err := s.Read().QueryContext(b.Context(), `SELECT relname, pg_relation_size(oid)::float / $1 FROM pg_class
		WHERE relname ~ '^(journal_event_1|event_key)(_pkey|_player)?$' ORDER BY relname`, events)
	require.NoError(b, err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		var bytes float64
		require.NoError(b, rows.Scan(&name, &bytes))
		b.Logf("%s: %.0f bytes a row", name, bytes)
	}
	require.NoError(b, rows.Err())
}

// appendFor appends batches from six connections for a while, and returns how many events that were. Their numbers begin at first.
func appendFor(b *testing.B, j *Journal, id func(int) string, span time.Duration, first int) (appended int) {
	b.Helper()
	ctx, stop := context.WithTimeout(b.Context(), span)
	defer stop()
	var all sync.WaitGroup
	var mu sync.Mutex
	for range 6 {
		all.Go(func() {
			for ctx.Err() == nil {
				mu.Lock()
				from := first + appended
				appended += benchBatch
				mu.Unlock()
				entries := make([]Entry, benchBatch)
				for i := range entries {
					entries[i] = benchEntry(from + i)
					entries[i].EventID, entries[i].TsMicros = id(from+i), int64(from+i)
				}
				statuses, err := j.Append(context.WithoutCancel(ctx), entries, 1)
				if err != nil || slices.ContainsFunc(statuses, func(s Status) bool { return s != Appended }) {
					b.Errorf("not all events were new: %v", err)
					return
				}
			}
		})
	}
	all.Wait()
	return appended
}
