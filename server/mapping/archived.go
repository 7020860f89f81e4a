package mapping

import (
	"cmp"
	"errors"
	"fmt"
	"io"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/archive"
	"github.com/laurelhq/laurel/server/event"
)

// emittedReason is why an event of an archive is not sent: a server that gets the event which caused it emits it again.
const emittedReason = "emitted by Laurel itself"

// maxUnreadable is how many events in a row may not be decoded before a file is given up.
const maxUnreadable = 1000

// ArchivedEvents reads a file of an archive of the journal. Its rows are the events, counted from 1.
type ArchivedEvents struct {
	// Only names the source whose events are sent; those of others are refused. Empty means those of all.
	Only   string
	reader *archive.Reader
	end    Position
	// unreadable is how many events in a row could not be decoded.
	unreadable int
}

// sourceOf names who sent an event of an archive.
func sourceOf(e *laurelv1.Event) string { return cmp.Or(e.GetSource(), event.SourceMain) }

// ArchivedSources reads a file of an archive from its start and counts the events of each source, without those that are never sent.
func ArchivedSources(file io.ReadSeeker) (map[string]int64, error) {
	all, err := OpenArchived(file, Position{})
	if err != nil {
		return nil, err
	}
	sources := map[string]int64{}
	for {
		stored, err := all.reader.Next()
		if errors.Is(err, io.EOF) {
			return sources, nil
		}
		if err != nil {
			return nil, err
		}
		if e, err := event.Decode(stored.Body); err == nil && !event.Reserved(e.GetEventId()) {
			sources[sourceOf(e)]++
		}
	}
}

// OpenArchived goes to from, or to the start of the file when from is zero. A packed file is read from its start in any case.
func OpenArchived(file io.ReadSeeker, from Position) (*ArchivedEvents, error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("go to the start: %w", err)
	}
	reader, err := archive.NewReader(file)
	if err != nil {
		return nil, err
	}
	a := &ArchivedEvents{reader: reader, end: Position{Line: 1}}
	for a.end.Line < from.Line {
		if _, err := a.reader.Next(); err != nil {
			return nil, fmt.Errorf("go to event %d: %w", from.Line, err)
		}
		a.end.Line++
	}
	a.end.Offset = a.reader.Taken()
	return a, nil
}

// Next returns the next event's unit; io.EOF at the end of the file. Who sends it again is its source now, and what Laurel emitted is
// refused.
func (a *ArchivedEvents) Next() (Unit, error) {
	if a.unreadable == maxUnreadable {
		return Unit{}, fmt.Errorf("event %d: the %d events before it can't be decoded, so the file is given up: it is damaged, or no file of an "+
			"archive of the journal", a.end.Line, maxUnreadable)
	}
	stored, err := a.reader.Next()
	if errors.Is(err, io.EOF) {
		return Unit{}, io.EOF
	}
	if err != nil {
		return Unit{}, fmt.Errorf("event %d: %w", a.end.Line, err)
	}
	unit := Unit{First: a.end.Line, Last: a.end.Line, End: Position{Offset: a.reader.Taken(), Line: a.end.Line + 1}}
	a.end = unit.End
	e, err := event.Decode(stored.Body)
	unit.EventID = e.GetEventId()
	if err == nil {
		a.unreadable = 0
	}
	switch {
	case err != nil:
		unit.Unreadable = 1
		a.unreadable++
		unit.Problem = &event.Problem{Message: fmt.Sprintf("position %d of the journal can't be decoded: %s", stored.Seq, err)}
	case event.Reserved(e.GetEventId()):
		unit.Refused = map[string]int64{emittedReason: 1}
	case a.Only != "" && a.Only != sourceOf(e):
		unit.Refused = map[string]int64{"of the source " + sourceOf(e): 1}
	default:
		e.Source = ""
		unit.Event, unit.Taken = e, 1
	}
	return unit, nil
}
