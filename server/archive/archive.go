package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"

	"github.com/laurelhq/laurel/server/journal"
)

// ErrDamaged says that an archive does not hold what its manifest says. The text names the file.
var ErrDamaged = errors.New("archive is damaged")

// Archive is a range of the journal in a folder.
type Archive struct {
	// Manifest is what it says of itself, Hash the SHA-256 of that, in hexadecimal.
	Manifest *Manifest
	Hash     string
	// Folder is where it lies.
	Folder string
}

// Open reads the manifest of the archive in a folder. The files are looked at when they are read.
func Open(folder string) (*Archive, error) {
	file, err := openRegular(filepath.Join(folder, manifestName))
	if err != nil {
		return nil, fmt.Errorf("open archive: %w", err)
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxManifestBytes))
	if err != nil {
		return nil, fmt.Errorf("read archive: %w", err)
	}
	m, err := decodeManifest(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrDamaged, folder, err)
	}
	return &Archive{Manifest: m, Hash: hashOf(text), Folder: folder}, nil
}

// openRegular opens a file to be read. Anything else that has a name, a pipe for one, may never come to an end.
func openRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s must be a file, but is %s", path, info.Mode())
	}
	return os.Open(path)
}

// Events reads all events in order. The last thing it does with each file, and with all of them, is to compare them with the manifest: who
// stops before the end, or goes on after an error, knows nothing of the rest.
func (a *Archive) Events(ctx context.Context) iter.Seq2[journal.Stored, error] {
	return func(yield func(journal.Stored, error) bool) {
		var all journal.Contents
		last := a.Manifest.First - 1
		for i := range a.Manifest.Files {
			goOn, err := a.read(ctx, &a.Manifest.Files[i], &all, &last, yield)
			if err != nil {
				yield(journal.Stored{}, err)
				return
			}
			if !goOn {
				return
			}
		}
		if all != a.Manifest.Contents() {
			yield(journal.Stored{}, fmt.Errorf("%w: %s holds %+v, and its manifest says %+v", ErrDamaged, a.Folder, all, a.Manifest.Contents()))
		}
	}
}

// read reads one file. all counts the events so far, last is the position of the one before.
func (a *Archive) read(ctx context.Context, f *File, all *journal.Contents, last *int64,
	yield func(journal.Stored, error) bool) (goOn bool, err error) {
	damaged := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, filepath.Join(a.Folder, f.Name), fmt.Errorf(format, args...))
	}
	if f.Name != filepath.Base(f.Name) {
		return false, damaged("the manifest may name files of its own folder only")
	}
	file, err := openRegular(filepath.Join(a.Folder, f.Name))
	if err != nil {
		return false, damaged("%w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	hash := sha256.New()
	source := io.TeeReader(file, hash)
	reader, err := NewReader(source)
	if err != nil {
		return false, damaged("%w", err)
	}
	var holds journal.Contents
	for {
		e, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return false, damaged("event %d: %w", holds.Events+1, err)
		}
		if e.Seq <= *last || e.Seq >= a.Manifest.Until {
			return false, damaged("event %d has position %d, want one above %d and below %d", holds.Events+1, e.Seq, *last, a.Manifest.Until)
		}
		*last = e.Seq
		holds.Add(&e)
		all.Add(&e)
		if !yield(e, nil) {
			return false, nil
		}
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
	}
	if _, err := io.Copy(io.Discard, source); err != nil {
		return false, damaged("%w", err)
	}
	if sum := hex.EncodeToString(hash.Sum(nil)); sum != f.SHA256 {
		return false, damaged("its SHA-256 is %s, the manifest says %s", sum, f.SHA256)
	}
	if partOf(holds) != f.Part {
		return false, damaged("it holds %+v, the manifest says %+v", partOf(holds), f.Part)
	}
	return true, nil
}

// Equal returns an error unless the archive is that of a range and holds the same events as the journal, to the byte.
func (a *Archive) Equal(ctx context.Context, r journal.Range, events iter.Seq2[journal.Stored, error]) error {
	if err := a.of(r); err != nil {
		return err
	}
	stored, stop := iter.Pull2(events)
	defer stop()
	differs := func(text string, seq int64) error {
		return fmt.Errorf("%w: %s differs from the journal: %s at position %d", ErrDamaged, a.Folder, text, seq)
	}
	for kept, err := range a.Events(ctx) {
		if err != nil {
			return err
		}
		want, err, more := stored()
		switch {
		case err != nil:
			return err
		case !more:
			return differs("it has an event that the journal lacks", kept.Seq)
		case want.Seq < kept.Seq:
			return differs("it lacks the event", want.Seq)
		case want.Seq != kept.Seq || want.Partition != kept.Partition || want.IngestMicros != kept.IngestMicros || want.Player != kept.Player ||
			want.TsMicros != kept.TsMicros ||
			!bytes.Equal(want.Body, kept.Body):
			return differs("it has another event", kept.Seq)
		}
	}
	want, err, more := stored()
	if err == nil && more {
		err = differs("it lacks the event", want.Seq)
	}
	return err
}

// of returns an error unless the archive is that of a range.
func (a *Archive) of(r journal.Range) error {
	if m := a.Manifest; m.Range != r.ID || m.First != r.First || m.Until != r.Until {
		return fmt.Errorf("%w: %s is of range %d with positions %d to %d, but range %d of this journal has %d to %d: it is another journal's, "+
			"or was written before a restore",
			ErrDamaged, a.Folder, m.Range, m.First, m.Until-1, r.ID, r.First, r.Until-1)
	}
	return nil
}
