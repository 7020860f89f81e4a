package archive_test

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/archive"
	"github.com/laurelhq/laurel/server/journal"
)

// TestNothingIsSeenOfAnArchiveThatIsNotWhole has the reading of the journal fail on the way, and a run before it killed.
func TestNothingIsSeenOfAnArchiveThatIsNotWhole(t *testing.T) {
	t.Parallel()
	w := archive.Writer{Folder: t.TempDir()}
	broken := errors.New("the database went away")
	fails := func(context.Context) iter.Seq2[journal.Stored, error] {
		return func(yield func(journal.Stored, error) bool) {
			if yield(event(10, "one"), nil) {
				yield(journal.Stored{}, broken)
			}
		}
	}
	_, err := w.Write(t.Context(), someRange, fails)
	require.ErrorIs(t, err, broken)
	left, err := os.ReadDir(w.Folder)
	require.NoError(t, err)
	require.Empty(t, left)
	old, fresh := filepath.Join(w.Folder, ".range-000003.partial"), filepath.Join(w.Folder, ".range-000003.partial-1")
	for _, killed := range []string{old, fresh} {
		require.NoError(t, os.Mkdir(killed, 0o750))
		require.NoError(t, os.WriteFile(filepath.Join(killed, "events-00001.pb.gz"), []byte("half"), 0o600))
	}
	long := time.Now().Add(-48 * time.Hour)
	require.NoError(t, errors.Join(os.Chtimes(filepath.Join(old, "events-00001.pb.gz"), long, long), os.Chtimes(old, long, long)))
	shelf, err := archive.Look([]string{w.Folder})
	require.NoError(t, err, "what is not whole is not looked at")
	_, err = shelf.ForRange(someRange)
	require.ErrorIs(t, err, archive.ErrMissing)
	_, err = w.Write(t.Context(), someRange, of(someEvents()))
	require.NoError(t, err)
	require.NoDirExists(t, old)
	require.DirExists(t, fresh, "it may be written to by another run")
}

// TestRunsOfOneRangeLeaveEachOtherAlone has one run begin and end while another one reads the journal.
func TestRunsOfOneRangeLeaveEachOtherAlone(t *testing.T) {
	t.Parallel()
	w := archive.Writer{Folder: t.TempDir()}
	var first *archive.Archive
	second, err := w.Write(t.Context(), someRange, func(ctx context.Context) iter.Seq2[journal.Stored, error] {
		return func(yield func(journal.Stored, error) bool) {
			for i, e := range someEvents() {
				if i == 2 && first == nil {
					var err error
					first, err = w.Write(ctx, someRange, of(someEvents()))
					require.NoError(t, err)
				}
				if !yield(e, nil) {
					return
				}
			}
		}
	})
	require.NoError(t, err)
	require.Equal(t, first, second)
	left, err := os.ReadDir(w.Folder)
	require.NoError(t, err)
	require.Len(t, left, 1)
	require.NoError(t, second.Equal(t.Context(), someRange, of(someEvents())(t.Context())))
}

// TestATakenPlaceIsTold has something else lie where an archive goes.
func TestATakenPlaceIsTold(t *testing.T) {
	t.Parallel()
	for name, take := range map[string]func(place string) error{
		"empty":      func(place string) error { return os.Mkdir(place, 0o750) },
		"file":       func(place string) error { return os.WriteFile(place, nil, 0o600) },
		"nowhere":    func(place string) error { return os.Symlink("nowhere", place) },
		"incomplete": func(place string) error { return os.MkdirAll(filepath.Join(place, "events-00001.pb.gz"), 0o750) },
	} {
		w := archive.Writer{Folder: t.TempDir()}
		place := filepath.Join(w.Folder, "range-000003")
		require.NoError(t, take(place))
		_, err := w.Write(t.Context(), someRange, of(someEvents()))
		require.ErrorContains(t, err, "is taken by something that is no whole archive: move or remove "+place+", or name another folder", name)
	}
}

// TestWhatCannotBeOpenedIsLeftOut has an archive lie, behind a link, among things that are none.
func TestWhatCannotBeOpenedIsLeftOut(t *testing.T) {
	t.Parallel()
	w := archive.Writer{Folder: t.TempDir()}
	a, err := w.Write(t.Context(), someRange, of(someEvents()))
	require.NoError(t, err)
	folder := t.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	for _, name := range []string{"range-000001", "range-000002", "range-000004", "range-000005", "other"} {
		require.NoError(t, os.Mkdir(at(name), 0o750))
	}
	require.NoError(t, os.WriteFile(at("range-000002/manifest.json"), []byte("{"), 0o600))
	require.NoError(t, syscall.Mkfifo(at("range-000004/manifest.json"), 0o600))
	require.NoError(t, os.Mkdir(at("range-000005/manifest.json"), 0o750))
	require.NoError(t, os.Symlink("nowhere", at("range-000006")))
	require.NoError(t, os.WriteFile(at("range-000007.tar"), nil, 0o600))
	require.NoError(t, os.Symlink(a.Folder, at("range-000003")))
	shelf, err := archive.Look([]string{folder, at("range-000005")})
	require.NoError(t, err)
	require.NotNil(t, shelf.Of(a.Hash), "a link is followed")
	wrong := []string{"range-000001/manifest.json", "range-000002", "range-000004/manifest.json must be a file",
		"range-000005/manifest.json must be a file", "range-000006", "range-000005/manifest.json must be a file"}
	require.Len(t, shelf.LeftOut(), len(wrong))
	for i, want := range wrong {
		require.ErrorContains(t, shelf.LeftOut()[i], at(want))
	}
	file := filepath.Join(a.Folder, a.Manifest.Files[0].Name)
	require.NoError(t, errors.Join(os.Remove(file), syscall.Mkfifo(file, 0o600)))
	require.ErrorContains(t, a.Equal(t.Context(), someRange, of(someEvents())(t.Context())), file+" must be a file")
}
