package journal

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/zeebo/xxh3"

	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

const benchBatch = 500

// BenchmarkAppend compares the journal, with dedupe, positions and answers for each event, with a bare multi-row insert of the same rows
// into the same table with the same index. Both are durable: SQLite with synchronous=FULL, Postgres with fsync.
func BenchmarkAppend(b *testing.B) {
	for _, dialect := range storetest.Dialects {
		for _, way := range []string{"laurel", "bare"} {
			b.Run(fmt.Sprintf("%s/%s", dialect, way), func(b *testing.B) {
				s := openDurable(b, dialect)
				j, err := Open(b.Context(), s, 0)
				require.NoError(b, err)
				entries := make([]Entry, benchBatch)
				number, args := 0, make([]any, 0, 6*benchBatch)
				query := bareInsert(dialect)
				b.ResetTimer()
				for b.Loop() {
					for i := range entries {
						number++
						entries[i] = benchEntry(number)
					}
					if way == "laurel" {
						_, err = j.Append(b.Context(), entries, 1)
					} else {
						err = appendBare(b.Context(), s, query, entries, number, args)
					}
					require.NoError(b, err)
				}
				b.ReportMetric(float64(number)/b.Elapsed().Seconds(), "events/s")
			})
		}
	}
}

func openDurable(b *testing.B, dialect store.Dialect) *store.Store {
	b.Helper()
	url := storetest.URL(b, store.SQLite)
	if dialect == store.Postgres {
		dir, err := os.MkdirTemp("", "laurel-bench-")
		require.NoError(b, err)
		server, err := storetest.StartServer(b.Context(), dir, true)
		require.NoError(b, err)
		b.Cleanup(func() { _, _ = server.Stop(), os.RemoveAll(dir) })
		url = server.URL("postgres")
	}
	s, err := store.Open(b.Context(), url)
	require.NoError(b, err)
	b.Cleanup(func() { _ = s.Close() })
	_, err = s.Migrate(b.Context())
	require.NoError(b, err)
	return s
}

// benchEntry is a row of 200 bytes with a random-looking id.
func benchEntry(number int) Entry {
	id := fmt.Sprintf("%016x", xxh3.HashString(fmt.Sprint(number)))
	return Entry{EventID: id, UserID: "u_" + id[:5], ContentHash: [16]byte{byte(number)}, Body: []byte(strings.Repeat("x", 200))}
}

func bareInsert(dialect store.Dialect) string {
	var text strings.Builder
	text.WriteString("INSERT INTO journal_event (id, player, event_ts, ingest_ts, partition, body) VALUES ")
	for row := range benchBatch {
		if row > 0 {
			text.WriteByte(',')
		}
		if dialect == store.SQLite {
			text.WriteString("(?,?,?,?,?,?)")
			continue
		}
		fmt.Fprintf(&text, "($%d,$%d,$%d,$%d,$%d,$%d)", 6*row+1, 6*row+2, 6*row+3, 6*row+4, 6*row+5, 6*row+6)
	}
	return text.String()
}

func appendBare(ctx context.Context, s *store.Store, query string, entries []Entry, number int, args []any) error {
	args = args[:0]
	for i := range entries {
		e := &entries[i]
		args = append(args, number+i, playerOf(e.UserID), e.TsMicros, 1, i%16, e.Body)
	}
	return s.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	})
}

// BenchmarkRead is what one look at the journal costs: a poll that finds nothing, and a batch of the size the fold takes.
func BenchmarkRead(b *testing.B) {
	const stored, batch = 20_000, 5_000
	for _, dialect := range storetest.Dialects {
		s := storetest.Open(b, dialect)
		j, err := Open(b.Context(), s, 0)
		require.NoError(b, err)
		entries := make([]Entry, benchBatch)
		for number := 0; number < stored; {
			for i := range entries {
				number++
				entries[i] = benchEntry(number)
			}
			_, err = j.Append(b.Context(), entries, 1)
			require.NoError(b, err)
		}
		var last int64
		require.NoError(b, s.Read().QueryRowContext(b.Context(), "SELECT max(id) FROM journal_event").Scan(&last))
		for _, c := range []struct {
			name  string
			after int64
			want  int
		}{{"nothing", last, 0}, {"batch", 0, batch}} {
			b.Run(fmt.Sprintf("%s/%s", dialect, c.name), func(b *testing.B) {
				for b.Loop() {
					records, _, err := j.Read(b.Context(), allPartitions(j), Uniform(j.Partitions(), c.after), batch)
					require.NoError(b, err)
					require.Len(b, records, c.want)
				}
			})
		}
	}
}
