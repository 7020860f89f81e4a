package archive_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurelhq/laurel/server/archive"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/journal/journaltest"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// of makes a reading of some events.
func of(events []journal.Stored) func(context.Context) iter.Seq2[journal.Stored, error] {
	return func(context.Context) iter.Seq2[journal.Stored, error] {
		return func(yield func(journal.Stored, error) bool) {
			for _, e := range events {
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}

func event(seq int64, body string) journal.Stored {
	return journal.Stored{Record: journal.Record{Seq: seq, Partition: int(seq % 16), IngestMicros: 1_700_000_000_000_000 + seq,
		Body: []byte(body)}, Player: -seq, TsMicros: 1_600_000_000_000_000 - seq}
}

var someRange = journal.Range{ID: 3, First: 10, Until: 100, State: journal.RangeClosed}

func someEvents() []journal.Stored {
	return []journal.Stored{event(10, "one"), event(11, "two"), event(40, strings.Repeat("three", 50)), event(99, "")}
}

// drawEvents are events of someRange.
func drawEvents(t *rapid.T) []journal.Stored {
	places := rapid.SliceOfNDistinct(rapid.Int64Range(10, 99), 0, 30, rapid.ID).Draw(t, "positions")
	slices.Sort(places)
	events := make([]journal.Stored, len(places))
	for i, seq := range places {
		events[i] = journal.Stored{
			Record: journal.Record{Seq: seq, Partition: rapid.IntRange(0, 300).Draw(t, "partition"), IngestMicros: rapid.Int64Range(1, 1<<52).
				Draw(t, "ingest"), Body: rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "body")},
			Player: rapid.Int64().Draw(t, "player"), TsMicros: rapid.Int64Range(-1<<52, 1<<52).Draw(t, "ts"),
		}
	}
	return events
}

// TestWhatIsWrittenIsRead has archives of any events, in any number of files, hold them to the byte.
func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	number := 0
	rapid.Check(t, func(t *rapid.T) {
		number++
		w := archive.Writer{Folder: filepath.Join(folder, fmt.Sprint(number)), FileBytes: rapid.Int64Range(1, 400).Draw(t, "file")}
		events := drawEvents(t)
		a, err := w.Write(context.Background(), someRange, of(events))
		require.NoError(t, err)
		var read []journal.Stored
		var contents journal.Contents
		for e, err := range a.Events(context.Background()) {
			require.NoError(t, err)
			read = append(read, e)
			contents.Add(&e)
		}
		require.Len(t, read, len(events))
		for i := range events {
			events[i].Body, read[i].Body = append([]byte{}, events[i].Body...), append([]byte{}, read[i].Body...)
			require.Equal(t, events[i], read[i])
		}
		require.Equal(t, contents, a.Manifest.Contents())
		require.EqualValues(t, 3, a.Manifest.Range)
		again, err := w.Write(context.Background(), someRange, of(events))
		require.NoError(t, err, "what is there already is compared")
		require.Equal(t, a.Hash, again.Hash)
		other := archive.Writer{Folder: w.Folder + "other", FileBytes: w.FileBytes}
		elsewhere, err := other.Write(context.Background(), someRange, of(events))
		require.NoError(t, err)
		require.Equal(t, a.Hash, elsewhere.Hash, "the same events make the same manifest")
	})
}

// TestEveryChangedByteIsFound changes each byte of each file of an archive in turn.
func TestEveryChangedByteIsFound(t *testing.T) {
	t.Parallel()
	w := archive.Writer{Folder: t.TempDir(), FileBytes: 20}
	a, err := w.Write(t.Context(), someRange, of(someEvents()))
	require.NoError(t, err)
	require.Greater(t, len(a.Manifest.Files), 2)
	for _, name := range append([]string{"manifest.json"}, a.Manifest.Files[0].Name, a.Manifest.Files[2].Name) {
		path := filepath.Join(a.Folder, name)
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		for i := range content {
			changed := slices.Clone(content)
			changed[i] ^= 1
			require.NoError(t, os.WriteFile(path, changed, 0o600))
			other, err := archive.Open(a.Folder)
			if err == nil && name != "manifest.json" {
				err = other.Equal(t.Context(), someRange, of(someEvents())(t.Context()))
			} else if err == nil && other.Hash == a.Hash {
				t.Errorf("byte %d of %s changed the manifest and not its hash", i, name)
			}
			if name != "manifest.json" {
				require.ErrorIs(t, err, archive.ErrDamaged, "byte %d of %s", i, name)
			}
		}
		require.NoError(t, os.WriteFile(path, content[:len(content)-1], 0o600))
		if name != "manifest.json" {
			require.ErrorIs(t, a.Equal(t.Context(), someRange, of(someEvents())(t.Context())), archive.ErrDamaged, "cut short")
			require.NoError(t, os.Remove(path))
			require.ErrorIs(t, a.Equal(t.Context(), someRange, of(someEvents())(t.Context())), archive.ErrDamaged, "removed")
		}
		require.NoError(t, os.WriteFile(path, content, 0o600))
		require.NoError(t, a.Equal(t.Context(), someRange, of(someEvents())(t.Context())))
	}
}

// TestArchiveOfOtherEventsIsNotEqual has the journal differ from the archive in one thing at a time.
func TestArchiveOfOtherEventsIsNotEqual(t *testing.T) {
	t.Parallel()
	w := archive.Writer{Folder: t.TempDir()}
	a, err := w.Write(t.Context(), someRange, of(someEvents()))
	require.NoError(t, err)
	for want, change := range map[string]func(events []journal.Stored) []journal.Stored{
		"it lacks the event at position 12": func(events []journal.Stored) []journal.Stored {
			return slices.Insert(events, 2,
				event(12, ""))
		},
		"it lacks the event at position 98": func(events []journal.Stored) []journal.Stored {
			events[3].Seq = 98
			return events
		},
		"it has an event that the journal lacks at position 99": func(events []journal.Stored) []journal.Stored { return events[:3] },
		"it has another event at position 11": func(events []journal.Stored) []journal.Stored {
			events[1].Body = []byte("twO")
			return events
		},
		"it has another event at position 10": func(events []journal.Stored) []journal.Stored {
			events[0].IngestMicros++
			return events
		},
		"it has another event at position 40": func(events []journal.Stored) []journal.Stored {
			events[2].Partition++
			return events
		},
	} {
		err := a.Equal(t.Context(), someRange, of(change(someEvents()))(t.Context()))
		require.ErrorContains(t, err, want)
	}
	other := someRange
	other.First = 5
	require.ErrorContains(t, a.Equal(t.Context(), other, of(someEvents())(t.Context())), "another journal's")
}

// filled makes a journal with three ranges: two closed ones with events, and the open one.
func filled(t *testing.T, s *store.Store) *journal.Journal {
	t.Helper()
	for part := range 3 {
		j, err := journal.Open(t.Context(), s, 0)
		require.NoError(t, err)
		var entries []journal.Entry
		for i := range 5 {
			id := fmt.Sprintf("e_%d_%d", part, i)
			entries = append(entries, journal.Entry{EventID: id, UserID: id, Body: []byte(id), TsMicros: int64(1000 + part)})
		}
		_, err = j.Append(t.Context(), entries, int64(100+part))
		require.NoError(t, err)
		if part < 2 {
			journaltest.Cut(t, s)
		}
	}
	_, err := s.Write().ExecContext(t.Context(), "UPDATE journal_partition SET cursor = (SELECT max(id) FROM journal_event), published = "+
		"(SELECT max(id) FROM journal_event)")
	require.NoError(t, err)
	j, err := journal.Open(t.Context(), s, 0)
	require.NoError(t, err)
	return j
}

// closed are the numbers of the ranges that have events and are closed.
func closed(t *testing.T, j *journal.Journal) (ids []int64) {
	t.Helper()
	list, err := j.Ranges(t.Context())
	require.NoError(t, err)
	for _, r := range list {
		contents, err := j.Contents(t.Context(), r)
		require.NoError(t, err)
		if contents.Events > 0 && r.CheckClosed() == nil {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

func rangeOf(t *testing.T, j *journal.Journal, id int64) journal.Range {
	t.Helper()
	list, err := j.Ranges(t.Context())
	require.NoError(t, err)
	r, err := journal.Find(list, id)
	require.NoError(t, err)
	return r
}

// write archives a range and notes it.
func write(t *testing.T, j *journal.Journal, id int64, folder string) *archive.Archive {
	t.Helper()
	r := rangeOf(t, j, id)
	w := archive.Writer{Folder: folder, FileBytes: 100}
	a, err := w.Write(t.Context(), r, func(ctx context.Context) iter.Seq2[journal.Stored, error] { return j.Between(ctx, r.First, r.Until) })
	require.NoError(t, err)
	for range 2 { // noting it again changes nothing
		require.NoError(t, j.Archive(t.Context(), r, journal.Archived{Contents: a.Manifest.Contents(), ManifestHash: a.Hash, Folder: a.Folder,
			By: "ada@here"}))
	}
	return a
}

func unneeded(context.Context, *store.Tx, journal.Contents) (string, error) { return "", nil }

// history reads all bodies.
func history(t *testing.T, j *journal.Journal, folders ...string) ([]string, error) {
	t.Helper()
	shelf, err := archive.Look(folders)
	require.NoError(t, err)
	records, err := shelf.History(t.Context(), j)
	if err != nil {
		return nil, err
	}
	var bodies []string
	last := int64(0)
	for r, err := range records {
		if err != nil {
			return nil, err
		}
		require.Greater(t, r.Seq, last)
		last, bodies = r.Seq, append(bodies, string(r.Body))
	}
	return bodies, nil
}

// TestThePastIsReadFromArchivesAndTable drops one range after the other and reads all events each time.
func TestThePastIsReadFromArchivesAndTable(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j := filled(t, s)
		ids := closed(t, j)
		require.Len(t, ids, 2)
		before, err := history(t, j)
		require.NoError(t, err)
		require.Len(t, before, 15)
		folder := t.TempDir()
		for i, id := range ids {
			a := write(t, j, id, folder)
			archived := rangeOf(t, j, id)
			require.Equal(t, journal.RangeArchived, archived.State)
			require.Len(t, archived.Archives, 1)
			require.EqualValues(t, 5, a.Manifest.Events)
			require.NoError(t, j.Drop(t.Context(), journal.Drop{Range: archived, ManifestHash: a.Hash, By: "ada@here", Needed: unneeded}))

			dropped := rangeOf(t, j, id)
			require.Equal(t, journal.RangeDropped, dropped.State)
			require.Equal(t, "ada@here", dropped.Dropped.By)
			contents, recorded := dropped.Recorded()
			require.True(t, recorded)
			require.Equal(t, a.Manifest.Contents(), contents, "what it held is still told")
			gone, err := j.Contents(t.Context(), dropped)
			require.NoError(t, err)
			require.Zero(t, gone)
			require.ErrorContains(t, dropped.CheckClosed(), "was dropped: its events are in the archive with the manifest "+a.Hash)
			require.NoError(t, j.Drop(t.Context(), journal.Drop{Range: dropped, ManifestHash: a.Hash, By: "bob@there", Needed: unneeded}), "again")
			require.Equal(t, dropped.Dropped, rangeOf(t, j, id).Dropped, "the record stays as it was")

			after, err := history(t, j, folder)
			require.NoError(t, err)
			require.Equal(t, before, after)
			_, err = history(t, j)
			require.ErrorIs(t, err, archive.ErrMissing)
			for _, missing := range ids[:i+1] {
				require.ErrorContains(t, err, fmt.Sprintf("range %d, positions", missing))
			}
			require.ErrorContains(t, err, a.Folder)
		}
		empty := writeEmpty(t, j, ids, folder)
		statuses, err := j.Append(t.Context(), []journal.Entry{{EventID: "e_0_0", UserID: "e_0_0", Body: []byte("e_0_0"), TsMicros: 1000},
			{EventID: "new", UserID: "new", Body: []byte("new")}}, 1)
		require.NoError(t, err)
		require.Equal(t, []journal.Status{journal.Duplicate, journal.Appended}, statuses, "what was dropped is known")
		after, err := history(t, j, folder)
		require.NoError(t, err)
		require.Equal(t, append(before, "new"), after, "what comes later lies behind")
		require.Equal(t, s.Dialect() == store.Postgres, empty > 0, "a leap leaves ranges that nothing was ever in")
	})
}

// writeEmpty archives and drops the closed ranges without events, and returns how many there are.
func writeEmpty(t *testing.T, j *journal.Journal, but []int64, folder string) (count int) {
	t.Helper()
	list, err := j.Ranges(t.Context())
	require.NoError(t, err)
	for _, r := range list {
		if slices.Contains(but, r.ID) || r.CheckClosed() != nil {
			continue
		}
		a := write(t, j, r.ID, folder)
		require.Zero(t, a.Manifest.Events)
		require.NoError(t, j.Drop(t.Context(), journal.Drop{Range: r, ManifestHash: a.Hash, By: "ada@here", Needed: unneeded}))
		count++
	}
	return count
}

// TestArrivalsOfDroppedRangesAreRemembered looks for arrivals of which nothing is left in the database: keys of events are forgotten by
// their place.
func TestArrivalsOfDroppedRangesAreRemembered(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j := filled(t, s) // one range arrived at 100, one at 101, and what is open at 102
		at := func(micros int64) int64 {
			position, err := j.PositionAt(t.Context(), micros)
			require.NoError(t, err)
			return position
		}
		before := []int64{at(100), at(101), at(102), at(103)}
		require.Zero(t, before[0])
		ids, folder := closed(t, j), t.TempDir()
		var ends []int64
		for _, id := range ids {
			a := write(t, j, id, folder)
			r := rangeOf(t, j, id)
			ends = append(ends, r.Until)
			require.NoError(t, j.Drop(t.Context(), journal.Drop{Range: r, ManifestHash: a.Hash, By: "ada@here", Needed: unneeded}))
		}
		writeEmpty(t, j, ids, folder)
		require.Zero(t, at(100))
		require.GreaterOrEqual(t, at(101), ends[0])
		require.Less(t, at(101), ends[1], "what arrived then or later is not below")
		require.GreaterOrEqual(t, at(102), ends[1])
		require.Equal(t, before[3], at(103), "that is still there")
	})
}

// TestOnlyWhatIsDoneWithIsDropped asks for drops too early.
func TestOnlyWhatIsDoneWithIsDropped(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j := filled(t, s)
		ids := closed(t, j)
		first := rangeOf(t, j, ids[0])
		drop := func(r journal.Range, hash string, needed func(context.Context, *store.Tx, journal.Contents) (string, error)) error {
			return j.Drop(t.Context(), journal.Drop{Range: r, ManifestHash: hash, By: "ada@here", Needed: needed})
		}
		set := func(statement string, args ...any) {
			_, err := s.Write().ExecContext(t.Context(), statement, args...)
			require.NoError(t, err)
		}
		require.ErrorContains(t, drop(first, "abc", unneeded), "has no archive with the manifest abc")
		list, err := j.Ranges(t.Context())
		require.NoError(t, err)
		open := list[slices.IndexFunc(list, func(r journal.Range) bool { return r.State == journal.RangeOpen })]
		require.ErrorContains(t, drop(open, "abc", unneeded), "is open: only a range that nothing can be appended to any more")
		require.ErrorIs(t, j.Archive(t.Context(), open, journal.Archived{}), journal.ErrRange)
		require.ErrorContains(t, drop(journal.Range{ID: 77}, "abc", unneeded), "77 doesn't exist")

		hash := write(t, j, first.ID, t.TempDir()).Hash
		contents, err := j.Contents(t.Context(), first)
		require.NoError(t, err)
		for _, column := range []string{"cursor", "published"} {
			set("UPDATE journal_partition SET "+column+" = $1", contents.LastSeq-1)
			require.ErrorContains(t, drop(first, hash, unneeded), "has events that are not scored yet")
			set("UPDATE journal_partition SET "+column+" = $1", contents.LastSeq)
		}
		set("UPDATE journal_partition SET cursor = 0 WHERE id NOT IN (SELECT partition FROM journal_event)")
		require.ErrorContains(t, drop(first, hash, func(_ context.Context, _ *store.Tx, c journal.Contents) (string, error) {
			require.Equal(t, contents, c)
			return "contest x is not final", nil
		}), "is needed: contest x is not final")
		gone := errors.New("gone")
		require.ErrorIs(t, drop(first, hash, func(context.Context, *store.Tx, journal.Contents) (string, error) { return "", gone }), gone)
		still, err := j.Contents(t.Context(), first)
		require.NoError(t, err)
		require.Equal(t, contents, still, "nothing was dropped so far")
		require.NoError(t, drop(first, hash, unneeded), "a partition of which nothing is in the range may stand below it")
		_, err = s.Write().ExecContext(t.Context(), "DELETE FROM journal_event")
		require.ErrorContains(t, err, "append-only", "the guard is back")
		for _, table := range []string{"journal_drop", "journal_archive"} {
			_, err = s.Write().ExecContext(t.Context(), "DELETE FROM "+table)
			require.ErrorContains(t, err, "append-only")
		}
	})
}

// TestADropTellsWhichArchiveItWasComparedWith has two archives of a range, of which the one that was noted first is gone.
func TestADropTellsWhichArchiveItWasComparedWith(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		j := filled(t, s)
		first := rangeOf(t, j, closed(t, j)[0])
		one, two := t.TempDir(), t.TempDir()
		write(t, j, first.ID, one)
		a := write(t, j, first.ID, two)
		require.NoError(t, j.Drop(t.Context(), journal.Drop{Range: first, ManifestHash: a.Hash, Folder: a.Folder, By: "ada@here",
			Needed: unneeded}))
		_, err := history(t, j)
		require.ErrorContains(t, err, ", was in "+a.Folder)
		require.NotContains(t, err.Error(), one)
	})
}

// TestWhatADropLeftIsTakenOutByTheNext has a drop on SQLite end between two slices.
func TestWhatADropLeftIsTakenOutByTheNext(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.SQLite)
	j := filled(t, s)
	first := rangeOf(t, j, closed(t, j)[0])
	before, err := history(t, j)
	require.NoError(t, err)
	folder := t.TempDir()
	hash := write(t, j, first.ID, folder).Hash
	_, err = s.Write().ExecContext(t.Context(), "INSERT INTO journal_drop (range_id, dropped_at, manifest_hash, dropped_by) VALUES ($1, 5, "+
		"$2, 'ada@here')", first.ID, hash)
	require.NoError(t, err)
	after, err := history(t, j, folder)
	require.NoError(t, err)
	require.Equal(t, before, after, "each event comes once, though the table still has them")
	require.NoError(t, j.Drop(t.Context(), journal.Drop{Range: rangeOf(t, j, first.ID), ManifestHash: hash, By: "bob@there",
		Needed: unneeded}))
	left, err := j.Contents(t.Context(), first)
	require.NoError(t, err)
	require.Zero(t, left)
	require.Equal(t, "ada@here", rangeOf(t, j, first.ID).Dropped.By)
}

// TestADropWaitsForReadersAndLetsAppendsPass holds the journal by a long reading while a range is dropped.
func TestADropWaitsForReadersAndLetsAppendsPass(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	j := filled(t, s)
	first := rangeOf(t, j, closed(t, j)[0])
	hash := write(t, j, first.ID, t.TempDir()).Hash
	dropped := make(chan error, 1)
	require.NoError(t, s.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		var count int
		require.NoError(t, tx.QueryRowContext(ctx, "SELECT count(*) FROM journal_event").Scan(&count))
		go func() {
			dropped <- j.Drop(t.Context(), journal.Drop{Range: first, ManifestHash: hash, By: "ada@here", Needed: unneeded})
		}()
		for i := range 20 {
			id := fmt.Sprint(i)
			_, err := j.Append(ctx, []journal.Entry{{EventID: id, UserID: id, Body: []byte(id)}}, 1)
			require.NoError(t, err)
		}
		require.Empty(t, dropped)
		return nil
	}))
	require.NoError(t, <-dropped)
	require.Equal(t, journal.RangeDropped, rangeOf(t, j, first.ID).State)
}
