package main

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protodelim"

	storev1 "github.com/laurelhq/laurel/gen/laurel/store/v1"
	"github.com/laurelhq/laurel/server/archive"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/journal/journaltest"
	"github.com/laurelhq/laurel/server/store"
)

const (
	// archivedEvents of archivedBytes each, which can't be packed, make an archive that takes a while; archiveKills are tried unless
	// LAUREL_KILLS asks for more.
	archivedEvents, archivedBytes, archiveKills = 20_000, 500, 4
)

// TestKillWhileARangeIsArchived kills the verb at random moments, and lets it run out of room: nothing is ever taken for an archive but a
// whole one, and one that is written afterwards is whole.
func TestKillWhileARangeIsArchived(t *testing.T) {
	t.Parallel()
	url := postgres(t).URL("postgres")
	settings := []string{"LAUREL_DATABASE_URL=" + url}
	_, err := runVerb(t, settings, "migrate")
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	onDisk(t, url, func(s *store.Store) { fillRange(t, s, random) })
	folder := t.TempDir()
	place := filepath.Join(folder, "range-000001")
	verb := []string{"journal", "archive", "1", "--to", folder}
	for range setting(t, "LAUREL_KILLS", archiveKills) {
		child := launch(t, settings, verb...)
		wanted := random.Int64N(archivedEvents * archivedBytes)
		require.Eventually(t, func() bool {
			select {
			case <-child.exited:
				return true
			default:
				return unfinished(t, folder) > wanted
			}
		}, patience, time.Millisecond)
		child.kill()
		if _, err := os.Stat(place); err == nil {
			countArchive(t, place)
			require.NoError(t, os.RemoveAll(place))
			continue
		}
		_, err = runVerb(t, settings, "journal", "drop", "1", "--archive", folder)
		require.ErrorContains(t, err, "none of range 1 lies in")
	}
	full := launchIn(t, settings, append([]string{"sh", "-c", "ulimit -f " + strconv.Itoa(archivedEvents*archivedBytes/512/2) + `; exec "$@"`,
		"sh", program(t)}, verb...))
	<-full.exited
	require.Error(t, full.err)
	require.NoDirExists(t, place, "there is half of it at most")

	out, err := runVerb(t, settings, verb...)
	require.NoError(t, err)
	require.Contains(t, out, fmt.Sprintf("range 1: %d events in", archivedEvents))
	countArchive(t, place)
}

// fillRange appends events that only their player and time tell anything of, and closes their range.
func fillRange(t *testing.T, s *store.Store, random *rand.Rand) {
	t.Helper()
	j, err := journal.Open(t.Context(), s, 0)
	require.NoError(t, err)
	for from := 0; from < archivedEvents; from += journal.MaxAppend {
		entries := make([]journal.Entry, min(journal.MaxAppend, archivedEvents-from))
		for i := range entries {
			body := make([]byte, archivedBytes)
			for at := range body {
				body[at] = byte(random.Uint32())
			}
			id := strconv.Itoa(from + i)
			entries[i] = journal.Entry{EventID: id, UserID: id, TsMicros: int64(from + i), Body: body}
		}
		_, err := j.Append(t.Context(), entries, 1)
		require.NoError(t, err)
	}
	journaltest.Cut(t, s)
}

// unfinished is how many bytes lie in archives that are not whole.
func unfinished(t *testing.T, folder string) (bytes int64) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, ".range-*", "*", "*"))
	require.NoError(t, err)
	for _, file := range files {
		if info, err := os.Stat(file); err == nil {
			bytes += info.Size()
		}
	}
	return bytes
}

// countArchive reads an archive by itself and wants each event once.
func countArchive(t *testing.T, place string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(place, "*.gz"))
	require.NoError(t, err)
	seen := map[int64]bool{}
	for _, path := range files {
		file, err := os.Open(path)
		require.NoError(t, err)
		unpacked, err := gzip.NewReader(bufio.NewReader(file))
		require.NoError(t, err)
		source := bufio.NewReader(unpacked)
		for {
			var e storev1.ArchivedEvent
			err := protodelim.UnmarshalFrom(source, &e)
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			require.False(t, seen[e.GetEventMicros()])
			seen[e.GetEventMicros()] = true
		}
		require.NoError(t, file.Close())
	}
	require.Len(t, seen, archivedEvents)
}

// TestARangeThatIsDroppedMeanwhileIsNotArchivedEmpty has one run drop the range that another one is about to archive elsewhere.
func TestARangeThatIsDroppedMeanwhileIsNotArchivedEmpty(t *testing.T) {
	t.Parallel()
	url, first, second := "sqlite:"+filepath.Join(t.TempDir(), "laurel.db"), t.TempDir(), t.TempDir()
	settings := []string{"LAUREL_DATABASE_URL=" + url}
	_, err := runVerb(t, settings, "migrate")
	require.NoError(t, err)
	onDisk(t, url, func(s *store.Store) {
		j, err := journal.Open(t.Context(), s, 0)
		require.NoError(t, err)
		_, err = j.Append(t.Context(), []journal.Entry{{EventID: "a", UserID: "a", Body: []byte("a")}}, 1)
		require.NoError(t, err)
		journaltest.Cut(t, s)
		_, err = s.Write().ExecContext(t.Context(), "UPDATE journal_partition SET cursor = 1, published = 1")
		require.NoError(t, err)
		list, err := j.Ranges(t.Context())
		require.NoError(t, err)
		_, err = runVerb(t, settings, "journal", "archive", "1", "--to", first)
		require.NoError(t, err)
		_, err = runVerb(t, settings, "journal", "drop", "1", "--archive", first)
		require.NoError(t, err)
		err = archiveRange(t.Context(), io.Discard, j, list[0], archive.Writer{Folder: second})
		require.ErrorContains(t, err, "was dropped: its events are in the archive with the manifest")
		require.NoDirExists(t, filepath.Join(second, "range-000001"))
	})
}
