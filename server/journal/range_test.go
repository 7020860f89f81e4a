package journal

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// addRange makes a range of Postgres as it is given.
func addRange(t *testing.T, s *store.Store, r Range) {
	t.Helper()
	require.NoError(t, s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return (&Journal{}).attach(ctx, tx, r) }))
}

// leap has the next append of some journals of a Postgres database fall behind the last range that there is, as it does after a restore.
func leap(t *testing.T, journals ...*Journal) {
	t.Helper()
	list := ranges(t, journals[0])
	last := list[len(list)-1]
	for _, j := range journals {
		j.offset += (min(last.Until, mostWidth)-last.head)>>ordinalBits + 1
	}
}

func ranges(t *testing.T, j *Journal) []Range {
	t.Helper()
	list, err := j.Ranges(t.Context())
	require.NoError(t, err)
	return list
}

// states are those of the ranges, after a look at whether they follow each other.
func states(t *testing.T, j *Journal) []RangeState {
	t.Helper()
	list := ranges(t, j)
	found := make([]RangeState, len(list))
	for i, r := range list {
		found[i] = r.State
		require.EqualValues(t, i+1, r.ID)
		require.Less(t, r.First, r.Until)
		if i > 0 {
			require.Equal(t, list[i-1].Until, r.First, "no position lies between two ranges")
		}
	}
	return found
}

// cutNow closes the range that is open, and returns it.
func cutNow(t *testing.T, j *Journal) Range {
	t.Helper()
	list := ranges(t, j)
	open := list[slices.IndexFunc(list, func(r Range) bool { return r.State == RangeOpen })]
	if j.store.Dialect() == store.Postgres {
		leap(t, j)
	} else {
		j.SpanRanges(0)
	}
	_, err := j.KeepRanges(t.Context())
	require.NoError(t, err)
	list = ranges(t, j)
	require.Equal(t, RangeClosed, list[open.ID-1].State)
	return list[open.ID-1]
}

func TestWidthFollowsThePace(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		last := Range{ID: rapid.Int64Range(1, 1e6).Draw(t, "id"), First: rapid.Int64Range(0, 1<<55).Draw(t, "first"),
			madeMicros: rapid.Int64Range(0, 1e15).Draw(t, "made")}
		width := rapid.Int64Range(leastWidth, mostWidth).Draw(t, "width")
		last.Until = last.First + width
		last.head = rapid.Int64Range(0, last.First).Draw(t, "stood")
		head := rapid.Int64Range(last.First, last.First+1<<60).Draw(t, "stands")
		took := rapid.Int64Range(-10, 1e15).Draw(t, "took")
		span := time.Duration(rapid.Int64Range(0, int64(1000*time.Hour)).Draw(t, "span"))
		next := last.next(head, last.madeMicros+took, span)
		assert.Equal(t, last.ID+1, next.ID)
		assert.Equal(t, last.Until, next.First, "ranges follow each other")
		assert.Greater(t, next.Until, max(next.First, head), "there is room behind where the journal stands")
		got := next.Until - max(next.First, head)
		assert.GreaterOrEqual(t, got, max(leastWidth, width/widthStep))
		assert.LessOrEqual(t, got, min(mostWidth, width*widthStep))
		if took > 0 {
			wanted := float64(head-last.head) / float64(took) * float64(span.Microseconds())
			if float64(width)/widthStep < wanted && wanted < float64(width)*widthStep && wanted > float64(leastWidth) &&
				wanted < float64(mostWidth) {
				assert.InEpsilon(t, wanted, float64(got), 1e-6)
			}
		}
	})
}

func TestARangeIsAheadOfTheAppends(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	j := open(t, s)
	require.Equal(t, []RangeState{RangeOpen, RangeFree}, states(t, j))
	made, err := j.KeepRanges(t.Context())
	require.NoError(t, err)
	require.Zero(t, made, "one is enough")
	first := ranges(t, j)[1].First
	j.offset += first>>ordinalBits - ranges(t, j)[0].head>>ordinalBits
	made, err = j.KeepRanges(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, made)
	require.Equal(t, []RangeState{RangeClosed, RangeOpen, RangeFree}, states(t, j))
}

// TestRangesOfSQLiteAreClosedInTime has a range that nothing is appended to stay open.
func TestRangesOfSQLiteAreClosedInTime(t *testing.T) {
	t.Parallel()
	j := open(t, storetest.Open(t, store.SQLite))
	keep := func() []RangeState {
		_, err := j.KeepRanges(t.Context())
		require.NoError(t, err)
		return states(t, j)
	}
	require.Equal(t, []RangeState{RangeOpen}, keep())
	j.SpanRanges(0)
	require.Equal(t, []RangeState{RangeOpen}, keep(), "nothing is in it")
	_, err := j.Append(t.Context(), []Entry{entry("a", "1"), entry("b", "1")}, 1)
	require.NoError(t, err)
	j.SpanRanges(time.Hour)
	require.Equal(t, []RangeState{RangeOpen}, keep(), "it has not spanned its time")
	j.SpanRanges(0)
	require.Equal(t, []RangeState{RangeClosed, RangeOpen}, keep())
	require.EqualValues(t, 3, ranges(t, j)[1].First)
	require.Equal(t, []RangeState{RangeClosed, RangeOpen}, keep())
	_, err = j.Append(t.Context(), []Entry{entry("c", "1")}, 2)
	require.NoError(t, err)
	contents, err := j.Contents(t.Context(), ranges(t, j)[0])
	require.NoError(t, err)
	require.Equal(t, Contents{Events: 2, Bytes: 2, FirstSeq: 1, LastSeq: 2, FirstIngest: 1, LastIngest: 1}, contents)
}

// TestAppendsMakeTheRangeTheyLack has several processes append far behind the last range at once, in both ways of appending.
func TestAppendsMakeTheRangeTheyLack(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	journals := []*Journal{open(t, s)}
	for range 3 {
		journals = append(journals, open(t, storetest.Again(t, s)))
	}
	const rounds, each = 3, 5
	for round := range rounds {
		leap(t, journals...)
		before := len(ranges(t, journals[0]))
		var appending sync.WaitGroup
		for process, j := range journals {
			appending.Go(func() {
				for i := range each {
					e := entry(strconv.Itoa(round)+"."+strconv.Itoa(process)+"."+strconv.Itoa(i), "1")
					if process%2 == 0 {
						statuses, err := j.Append(context.WithoutCancel(t.Context()), []Entry{e}, 1)
						assert.NoError(t, err)
						assert.Equal(t, []Status{Appended}, statuses)
						continue
					}
					for again := true; again; {
						err := j.store.FoldTx(context.WithoutCancel(t.Context()),
							func(ctx context.Context, tx *store.Tx) error { return j.AppendTx(ctx, tx, []Entry{e}, 1) })
						if again = err != nil; again {
							assert.ErrorIs(t, err, store.ErrAgain)
							assert.True(t, store.IsUnavailable(err), "a lane tries such a batch again as it is")
						}
					}
				}
			})
		}
		appending.Wait()
		found := states(t, journals[0])
		require.Len(t, found, before+2, "one for the appends and one ahead of them, however many wanted them")
		require.Equal(t, []RangeState{RangeOpen, RangeFree}, found[before:])
	}
	require.Len(t, readAll(t, journals[0]), rounds*each*len(journals))
}

// TestReadAcrossRanges has lanes at different places in ranges of which some are empty.
func TestReadAcrossRanges(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j := open(t, s)
		want := map[string]int64{}
		for i := range 5 {
			_, err := j.Append(t.Context(), []Entry{entry(strconv.Itoa(i), strconv.Itoa(i)), entry("x"+strconv.Itoa(i), strconv.Itoa(i))},
				int64(10+i))
			require.NoError(t, err)
			want[strconv.Itoa(i)] += 2
			r := cutNow(t, j)
			contents, err := j.Contents(t.Context(), r)
			require.NoError(t, err)
			require.EqualValues(t, 2, contents.Events)
			require.EqualValues(t, 10+i, contents.FirstIngest)
			for e, err := range j.Between(t.Context(), r.First, r.Until) {
				require.NoError(t, err)
				require.Equal(t, strconv.Itoa(i), string(e.Body))
				require.GreaterOrEqual(t, e.Seq, contents.FirstSeq)
				require.LessOrEqual(t, e.Seq, contents.LastSeq)
				want[strconv.Itoa(i)]--
			}
			require.Zero(t, want[strconv.Itoa(i)])
		}
		records := readAll(t, j)
		require.Len(t, records, 10)
		require.True(t, slices.IsSortedFunc(records, func(a, b Record) int { return int(a.Seq - b.Seq) }))
		events, oldest, err := j.Backlog(t.Context(), 100)
		require.NoError(t, err)
		require.EqualValues(t, 10, events)
		require.EqualValues(t, 10, oldest)
		_, err = s.Write().ExecContext(t.Context(), "UPDATE journal_partition SET cursor = $1", records[5].Seq)
		require.NoError(t, err)
		events, oldest, err = j.Backlog(t.Context(), 100)
		require.NoError(t, err)
		require.EqualValues(t, 4, events)
		require.EqualValues(t, 13, oldest)
		require.NoError(t, s.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			folded, err := j.Folded(ctx, tx, Uniform(j.partitions, records[5].Seq))
			assert.True(t, folded)
			return err
		}))
	})
}

// TestEveryRangeIsAppendOnly asks the database itself, by the journal's name and by that of each range.
func TestEveryRangeIsAppendOnly(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j := open(t, s)
		tables := []string{eventTable}
		for i := range 2 {
			_, err := j.Append(t.Context(), []Entry{entry(strconv.Itoa(i), "1")}, 1)
			require.NoError(t, err)
			cutNow(t, j)
		}
		statements := []string{"UPDATE %s SET body = body", "DELETE FROM %s"}
		if s.Dialect() == store.Postgres {
			statements = append(statements, "TRUNCATE %s")
			for _, r := range ranges(t, j) {
				tables = append(tables, r.table())
			}
			require.Greater(t, len(tables), 5)
		}
		if s.Dialect() == store.SQLite {
			// REPLACE deletes without a trigger.
			statements = append(statements, "INSERT OR REPLACE INTO %s SELECT * FROM %s", "REPLACE INTO %s SELECT * FROM %s LIMIT 1")
		}
		for _, table := range append(tables, "journal_range") {
			for _, statement := range statements {
				statement = strings.ReplaceAll(statement, "%s", table)
				_, err := s.Write().ExecContext(t.Context(), strings.Replace(statement, "body = body", "id = id", 1))
				require.ErrorContains(t, err, "append-only", statement)
			}
		}
		require.Len(t, readAll(t, j), 2)
	})
}

// TestReadersLeaveOtherRangesAlone looks at the locks that statements of the hot path take: a plan for all ranges would lock each.
func TestReadersLeaveOtherRangesAlone(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	j := open(t, s)
	for i := range 6 {
		_, err := j.Append(t.Context(), []Entry{entry(strconv.Itoa(i), "1")}, 1)
		require.NoError(t, err)
		leap(t, j)
		_, err = j.KeepRanges(t.Context())
		require.NoError(t, err)
	}
	records := readAll(t, j)
	after := records[len(records)-2].Seq
	list := ranges(t, j)
	at := slices.IndexFunc(list, func(r Range) bool { return r.First <= after && after < r.Until })
	require.Greater(t, at, 2)
	for name, run := range map[string]func(ctx context.Context, tx *store.Tx) error{
		"read": func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.ExecContext(ctx, strings.Replace(readSome, "%s", " AND partition IN (1,2)", 1),
				s.Dialect().Anew(after, int64(math.MaxInt64), 10)...)
			return err
		},
		"bodies": func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.ExecContext(ctx, "SELECT body FROM journal_event WHERE id IN ("+strconv.FormatInt(after, 10)+")")
			return err
		},
		"backlog": func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.ExecContext(ctx, strings.Replace(backlogQuery, "%s", "($4::bigint[])[e.partition + 1]", 1),
				s.Dialect().Anew(after, after, 10, []int64(Uniform(j.partitions, after)))...)
			return err
		},
	} {
		for range 8 { // by the sixth time Postgres would make a plan that it keeps
			var locked []string
			require.NoError(t, s.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				require.NoError(t, run(ctx, tx), name)
				return scanAll(ctx, tx, `SELECT relname FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation
					WHERE pid = pg_backend_pid() AND relkind = 'r' AND relname LIKE 'journal\_event\__%'`, func(scan func(...any) error) error {
					var table string
					err := scan(&table)
					locked = append(locked, table)
					return err
				})
			}))
			require.Contains(t, locked, list[at].table(), name)
			for _, r := range list[:at] {
				require.NotContains(t, locked, r.table(), name)
			}
		}
	}
}
