package archive

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/laurelhq/laurel/server/journal"
)

// defaultFileBytes is how much of events, before they are packed, makes a file.
const defaultFileBytes = 256 << 20

// Writer writes archives into a folder, each into one of its own.
type Writer struct {
	// Folder is where archives lie. It is made when it isn't there.
	Folder string
	// FileBytes is how much of events, before they are packed, makes a file; 0 means 256 MiB.
	FileBytes int64
}

// nameOf is the name of a range's folder.
func nameOf(id int64) string { return fmt.Sprintf("range-%06d", id) }

// partialAge is for how long nothing was written to an archive that is not whole when the run that wrote it is taken for dead.
const partialAge = 24 * time.Hour

// Write makes the archive of a closed range, or finds the one that is there already, and returns it when it is equal to the journal to the
// byte. events returns those of the range, in order, each time it is called. Nothing is seen of an archive that is not whole: each run
// writes it beside its place, in a folder of its own, and moves it there at the end. Of several runs one is the first, and the others
// compare what it made.
func (w *Writer) Write(ctx context.Context, r journal.Range, events func(context.Context) iter.Seq2[journal.Stored,
	error]) (_ *Archive, err error) {
	place := filepath.Join(w.Folder, nameOf(r.ID))
	if _, err := os.Lstat(place); err == nil {
		return w.again(ctx, place, r, events)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("look for an archive: %w", err)
	}
	if err := os.MkdirAll(w.Folder, 0o750); err != nil {
		return nil, fmt.Errorf("make folder of archives: %w", err)
	}
	name := "." + nameOf(r.ID) + ".partial"
	own, err := os.MkdirTemp(w.Folder, name+"-")
	if err != nil {
		return nil, fmt.Errorf("make folder of an archive: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(own)) }()
	if err := clearDead(w.Folder, name, own); err != nil {
		return nil, fmt.Errorf("remove what a run that was killed has left: %w", err)
	}
	partial := filepath.Join(own, nameOf(r.ID))
	if err := os.Mkdir(partial, 0o750); err != nil {
		return nil, fmt.Errorf("make folder of an archive: %w", err)
	}
	if err := w.fill(ctx, partial, r, events); err != nil {
		return nil, fmt.Errorf("write archive of range %d: %w", r.ID, err)
	}
	a, err := Open(partial)
	if err == nil {
		err = a.Equal(ctx, r, events(ctx))
	}
	if err != nil {
		return nil, err
	}
	err = os.Rename(partial, place)
	if _, taken := os.Lstat(place); err != nil && taken == nil {
		return w.again(ctx, place, r, events)
	}
	if err := errors.Join(err, syncFolder(w.Folder)); err != nil {
		return nil, fmt.Errorf("move archive of range %d to its place: %w", r.ID, err)
	}
	return Open(place)
}

// clearDead removes the folders of archives that are not whole and that no run writes to any more. The time is that at which own was made,
// by the clock of the file system.
func clearDead(folder, name, own string) error {
	now, err := lastWritten(own)
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), name) {
			continue
		}
		path := filepath.Join(folder, entry.Name())
		at, gone := lastWritten(path) // another run may be removing it
		if gone == nil && now.Sub(at) > partialAge {
			err = errors.Join(err, os.RemoveAll(path))
		}
	}
	return err
}

// lastWritten is when something was last written in a folder.
func lastWritten(path string) (at time.Time, err error) {
	err = filepath.WalkDir(path, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.ModTime().After(at) {
			at = info.ModTime()
		}
		return err
	})
	return at, err
}

// again opens an archive that is there and compares it with the journal.
func (w *Writer) again(ctx context.Context, place string, r journal.Range, events func(context.Context) iter.Seq2[journal.Stored,
	error]) (*Archive, error) {
	a, err := Open(place)
	if err != nil {
		return nil, fmt.Errorf("the place of the archive of range %d is taken by something that is no whole archive: move or remove %s, "+
			"or name another folder: %w", r.ID, place, err)
	}
	return a, a.Equal(ctx, r, events(ctx))
}

// fill writes files and manifest, and syncs them.
func (w *Writer) fill(ctx context.Context, folder string, r journal.Range, events func(context.Context) iter.Seq2[journal.Stored,
	error]) error {
	limit := w.FileBytes
	if limit == 0 {
		limit = defaultFileBytes
	}
	var all journal.Contents
	var files []File
	var file *output
	finish := func() error {
		if file == nil {
			return nil
		}
		done, err := file.finish()
		files, file = append(files, done), nil
		return err
	}
	for e, err := range events(ctx) {
		if err == nil && file == nil {
			file, err = create(folder, len(files)+1)
		}
		if err == nil {
			err = file.add(&e)
		}
		if err == nil && file.bytes >= limit {
			err = finish()
		}
		if err != nil {
			return errors.Join(err, file.abandon())
		}
		all.Add(&e)
	}
	if err := finish(); err != nil {
		return err
	}
	text, err := newManifest(r, all, files).encode()
	if err != nil {
		return err
	}
	return errors.Join(writeSynced(filepath.Join(folder, manifestName), text), syncFolder(folder))
}

// output is a file of events that is being written.
type output struct {
	name   string
	file   *os.File
	hash   hash.Hash
	packed *gzip.Writer
	buffer *bufio.Writer
	// bytes is what was written before it was packed.
	bytes int64
	holds journal.Contents
}

func create(folder string, number int) (*output, error) {
	o := &output{name: fmt.Sprintf("events-%05d%s", number, fileSuffix), hash: sha256.New()}
	var err error
	if o.file, err = os.OpenFile(filepath.Join(folder, o.name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640); err != nil {
		return nil, err
	}
	o.buffer = bufio.NewWriterSize(tee{o.file, o.hash}, bufferBytes)
	o.packed = gzip.NewWriter(o.buffer)
	return o, nil
}

// tee writes to a file and hashes what was written.
type tee struct {
	file *os.File
	hash hash.Hash
}

// Write implements io.Writer.
func (t tee) Write(p []byte) (int, error) {
	n, err := t.file.Write(p)
	_, _ = t.hash.Write(p[:n]) // never fails
	return n, err
}

func (o *output) add(e *journal.Stored) error {
	n, err := appendTo(o.packed, e)
	o.bytes += int64(n)
	o.holds.Add(e)
	return err
}

// finish syncs and closes the file.
func (o *output) finish() (File, error) {
	err := errors.Join(o.packed.Close(), o.buffer.Flush())
	err = errors.Join(err, o.file.Sync(), o.file.Close())
	return File{Name: o.name, Part: partOf(o.holds), SHA256: hex.EncodeToString(o.hash.Sum(nil))}, err
}

// abandon closes a file that won't be finished; there may be none.
func (o *output) abandon() error {
	if o == nil {
		return nil
	}
	return o.file.Close()
}

func writeSynced(path string, content []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Sync(), file.Close())
}

// syncFolder has the names in a folder survive a loss of power.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
