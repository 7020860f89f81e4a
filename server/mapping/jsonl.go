package mapping

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/laurelhq/laurel/server/event"
)

// maxJSONLine bounds one line of a JSONL file: an event at its bounds has far less.
const maxJSONLine = 1 << 20

// JSONLines reads a file with one event object a line, in either event shape.
type JSONLines struct {
	reader *bufio.Reader
	end    Position
}

// OpenJSONLines goes to from, or to the start of the file when from is zero.
func OpenJSONLines(file io.ReadSeeker, from Position) (*JSONLines, error) {
	if from.Line == 0 {
		skipped, err := markLength(file)
		if err != nil {
			return nil, err
		}
		from = Position{Offset: skipped, Line: 1}
	}
	if _, err := file.Seek(from.Offset, io.SeekStart); err != nil {
		return nil, fmt.Errorf("go to byte %d: %w", from.Offset, err)
	}
	return &JSONLines{reader: bufio.NewReaderSize(file, 64<<10), end: from}, nil
}

// Next returns the next line's unit; io.EOF at the end of the file.
func (l *JSONLines) Next() (Unit, error) {
	line, long, err := l.line()
	if err != nil {
		return Unit{}, err
	}
	unit := Unit{First: l.end.Line, Last: l.end.Line, End: l.end}
	unit.End.Line++
	l.end.Line++
	switch {
	case long:
		unit.Unreadable = 1
		unit.Problem = &event.Problem{Message: fmt.Sprintf("the line must be at most %d bytes", maxJSONLine)}
		return unit, nil
	case len(bytes.TrimSpace(line)) == 0:
		unit.Blank = 1
		return unit, nil
	}
	unit.Taken = 1
	results, single, err := event.DecodeJSON(line)
	var problem *event.Problem
	switch {
	case errors.As(err, &problem):
		unit.Problem = problem
	case err != nil:
		return Unit{}, fmt.Errorf("read line %d: %w", unit.First, err)
	case !single:
		unit.Problem = &event.Problem{Field: "events", Message: "can't be used in a file: write one event object a line"}
	default:
		unit.Event, unit.Sent, unit.Problem, unit.EventID = results[0].Event, line, results[0].Problem, results[0].EventID
	}
	return unit, nil
}

// line reads up to the end of the line and moves the place behind it. Of a line that is too long it keeps nothing.
func (l *JSONLines) line() (line []byte, long bool, err error) {
	for {
		part, err := l.reader.ReadSlice('\n')
		l.end.Offset += int64(len(part))
		if !long {
			line = append(line, part...)
		}
		if len(line) > maxJSONLine {
			line, long = nil, true
		}
		switch {
		case err == nil:
			return line, long, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && (len(line) > 0 || long):
			return line, long, nil
		case errors.Is(err, io.EOF):
			return nil, false, io.EOF
		default:
			return nil, false, fmt.Errorf("read line %d: %w", l.end.Line, err)
		}
	}
}
