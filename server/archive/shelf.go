package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/laurelhq/laurel/server/journal"
)

// Shelf are the archives in some folders.
type Shelf struct {
	byHash map[string]*Archive
	// folders are those that were looked through.
	folders []string
	leftOut []error
}

// Look opens the archives that lie in folders, or that folders are themselves. Folders of other names are left alone, and what can't be
// opened is left out: it is only missed when it is wanted.
func Look(folders []string) (*Shelf, error) {
	s := &Shelf{byHash: map[string]*Archive{}, folders: folders}
	for _, folder := range folders {
		if _, err := os.Lstat(filepath.Join(folder, manifestName)); !errors.Is(err, fs.ErrNotExist) {
			s.add(folder)
			continue
		}
		entries, err := os.ReadDir(folder)
		if err != nil {
			return nil, fmt.Errorf("look for archives: %w", err)
		}
		for _, entry := range entries {
			if !strings.HasPrefix(entry.Name(), "range-") {
				continue
			}
			place := filepath.Join(folder, entry.Name())
			if info, err := os.Stat(place); err != nil { // it follows links
				s.leftOut = append(s.leftOut, fmt.Errorf("open archive: %w", err))
			} else if info.IsDir() {
				s.add(place)
			}
		}
	}
	return s, nil
}

// add opens an archive, or leaves it out.
func (s *Shelf) add(place string) {
	if a, err := Open(place); err != nil {
		s.leftOut = append(s.leftOut, err)
	} else {
		s.byHash[a.Hash] = a
	}
}

// LeftOut says what could not be opened, and why.
func (s *Shelf) LeftOut() []error { return s.leftOut }

// Of returns an archive by its manifest's hash, nil when there is none.
func (s *Shelf) Of(hash string) *Archive { return s.byHash[hash] }

// ForRange returns an archive that was noted for a range. ErrMissing when there is none.
func (s *Shelf) ForRange(r journal.Range) (*Archive, error) {
	for _, noted := range slices.Backward(r.Archives) {
		if a := s.byHash[noted.ManifestHash]; a != nil {
			return a, nil
		}
	}
	for _, a := range s.byHash {
		if a.Manifest.Range == r.ID {
			return nil, fmt.Errorf("%w: that of range %d in %s has the manifest %s, which was never noted: laurel journal archive notes it when "+
				"it proves equal to the journal",
				ErrMissing, r.ID, a.Folder, a.Hash)
		}
	}
	return nil, fmt.Errorf("%w: none of range %d lies in %s", ErrMissing, r.ID, strings.Join(s.folders, ", "))
}

// ErrMissing says that an archive is wanted and not there. The text names it.
var ErrMissing = errors.New("archive is missing")

// errDropped ends a reading of the past during which some of it was dropped.
var errDropped = errors.New("a range of the journal was dropped meanwhile: try again")

// History reads everything that the journal has ever had, in order: the ranges that were dropped from archives, the others from the
// database. ErrMissing, naming all that are, when an archive isn't there; nothing is read then.
func (s *Shelf) History(ctx context.Context, j *journal.Journal) (iter.Seq2[journal.Record, error], error) {
	ranges, err := j.Ranges(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.missing(ranges); err != nil {
		return nil, err
	}
	if err := s.fit(dropped(ranges)); err != nil {
		return nil, err
	}
	return func(yield func(journal.Record, error) bool) {
		for _, r := range ranges {
			events := j.Between(ctx, r.First, r.Until)
			if r.Dropped != nil {
				events = s.byHash[r.Dropped.ManifestHash].Events(ctx)
			}
			for e, err := range events {
				if !yield(e.Record, err) || err != nil {
					return
				}
			}
		}
		now, err := j.Ranges(ctx)
		if err == nil && !slices.EqualFunc(dropped(ranges), dropped(now), func(a, b journal.Range) bool { return a.ID == b.ID }) {
			err = errDropped
		}
		if err != nil {
			yield(journal.Record{}, err)
		}
	}, nil
}

// missing names the dropped ranges whose archives aren't there.
func (s *Shelf) missing(ranges []journal.Range) error {
	var lines []string
	for _, r := range dropped(ranges) {
		if s.byHash[r.Dropped.ManifestHash] == nil {
			line := fmt.Sprintf("range %d, positions %d to %d, manifest %s", r.ID, r.First, r.Until-1, r.Dropped.ManifestHash)
			if folder := r.DroppedWith(); folder != "" {
				line += ", was in " + folder
			}
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return fmt.Errorf("%w: these ranges of the journal were dropped, and what became of their events is only told with their archives "+
		"(--archive DIR):\n  %s", ErrMissing, strings.Join(lines, "\n  "))
}

// fit wants the archives of dropped ranges to say what the journal notes of them.
func (s *Shelf) fit(ranges []journal.Range) error {
	for _, r := range ranges {
		a := s.byHash[r.Dropped.ManifestHash]
		if err := a.of(r); err != nil {
			return err
		}
		if noted, _ := r.Recorded(); noted != a.Manifest.Contents() {
			return fmt.Errorf("%w: the journal notes of range %d that its archive in %s holds %+v, and that says %+v", ErrDamaged, r.ID, a.Folder,
				noted, a.Manifest.Contents())
		}
	}
	return nil
}

func dropped(ranges []journal.Range) []journal.Range {
	return slices.DeleteFunc(slices.Clone(ranges), func(r journal.Range) bool { return r.Dropped == nil })
}
