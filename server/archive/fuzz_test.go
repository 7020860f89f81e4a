package archive_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/archive"
	"github.com/laurelhq/laurel/server/journal"
)

// packed is what a file of events holds, packed.
func packed(t testing.TB, content []byte) []byte {
	t.Helper()
	var file bytes.Buffer
	into := gzip.NewWriter(&file)
	_, err := into.Write(content)
	require.NoError(t, errors.Join(err, into.Close()))
	return file.Bytes()
}

// FuzzReader reads anything as a file of events, as it is and packed: it comes to an end, and never has more than the file.
func FuzzReader(f *testing.F) {
	w := archive.Writer{Folder: f.TempDir()}
	a, err := w.Write(f.Context(), someRange, of(someEvents()))
	require.NoError(f, err)
	file, err := os.ReadFile(filepath.Join(a.Folder, a.Manifest.Files[0].Name))
	require.NoError(f, err)
	f.Add(file)
	f.Add(file[:len(file)-9])
	f.Add(append(bytes.Clone(file), file...))
	f.Add([]byte("\x04\x08\x0a\x10\x01\x00\x80"))
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, file := range [][]byte{content, packed(t, content)} {
			reader, err := archive.NewReader(bytes.NewReader(file))
			for events := 0; err == nil; events++ {
				_, err = reader.Next()
				require.LessOrEqual(t, reader.Taken(), int64(len(file)))
				require.Less(t, events, 1<<20)
			}
			require.Error(t, err)
		}
	})
}

// TestAFileThatIsCutShortIsNoWholeFile cuts a file of events at each byte: what can be read of it is the events from its start, and its end
// is never taken for that of a file.
func TestAFileThatIsCutShortIsNoWholeFile(t *testing.T) {
	t.Parallel()
	w := archive.Writer{Folder: t.TempDir()}
	a, err := w.Write(t.Context(), someRange, of(someEvents()))
	require.NoError(t, err)
	file, err := os.ReadFile(filepath.Join(a.Folder, a.Manifest.Files[0].Name))
	require.NoError(t, err)
	for length := range file {
		reader, err := archive.NewReader(bytes.NewReader(file[:length]))
		if err != nil {
			continue
		}
		var read []journal.Stored
		for err == nil {
			var e journal.Stored
			if e, err = reader.Next(); err == nil {
				read = append(read, e)
			}
		}
		require.NotErrorIs(t, err, io.EOF, "%d of %d bytes", length, len(file))
		for i, e := range read {
			require.Equal(t, someEvents()[i].Seq, e.Seq)
		}
	}
}

// TestEveryChangedValueOfAManifestIsFound changes one value of a manifest after the other.
func TestEveryChangedValueOfAManifestIsFound(t *testing.T) {
	t.Parallel()
	w := archive.Writer{Folder: t.TempDir(), FileBytes: 20}
	a, err := w.Write(t.Context(), someRange, of(someEvents()))
	require.NoError(t, err)
	path := filepath.Join(a.Folder, "manifest.json")
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	count := 0
	for at := 0; ; at++ {
		var manifest map[string]any
		require.NoError(t, json.Unmarshal(content, &manifest))
		left := at
		what := change("", manifest, &left)
		if what == "" {
			break
		}
		count++
		changed, err := json.Marshal(manifest)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, changed, 0o600))
		other, err := archive.Open(a.Folder)
		if err == nil {
			err = other.Equal(t.Context(), someRange, of(someEvents())(t.Context()))
		}
		require.ErrorIs(t, err, archive.ErrDamaged, what)
	}
	require.Greater(t, count, 30)
}

// change changes the value at a place, counted over all there are, and says which it was; empty when there are not so many.
func change(path string, value any, left *int) string {
	each := func(name string, inner any, set func(any)) string {
		switch inner := inner.(type) {
		case map[string]any, []any:
			return change(path+"."+name, inner, left)
		case float64:
			set(inner + 1)
		case string:
			set("0" + inner)
		}
		if *left--; *left < 0 {
			return path + "." + name
		}
		set(inner)
		return ""
	}
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			if what := each(name, value[name], func(v any) { value[name] = v }); what != "" {
				return what
			}
		}
	case []any:
		for i, inner := range value {
			if what := each(fmt.Sprint(i), inner, func(v any) { value[i] = v }); what != "" {
				return what
			}
		}
	}
	return ""
}
