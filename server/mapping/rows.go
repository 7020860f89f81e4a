package mapping

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
)

// Position is a place between two units of a file.
type Position struct {
	// Offset is in bytes from the start of the file.
	Offset int64 `json:"offset"`
	// Line is the number of the line that starts there, from 1.
	Line int64 `json:"line"`
	// Suspect says why the event that starts there can't be trusted; empty when it can.
	Suspect string `json:"suspect,omitempty"`
}

// Unit is what some consecutive rows of a file come to: an event, a problem in place of one, or rows that were all refused.
type Unit struct {
	// Event is what is to be sent; nil when there is none.
	Event *laurelv1.Event
	// Sent is the event as JSON, with the names that the file has for its fields, or the mapping; nil when there is none.
	Sent []byte
	// EventID is the event's id as far as it is known.
	EventID string
	// Problem says why rows that should have made an event did not; nil otherwise.
	Problem *event.Problem
	// First and Last are the lines of the file where the unit starts and where its last row starts.
	First, Last int64
	// Taken counts the rows that make up the event, or would have.
	Taken int64
	// Refused counts rows by the combination of reasons that refused them.
	Refused map[string]int64
	// Noted and NotedTaken count rows that met a note: all, and those that make up the event.
	Noted, NotedTaken map[string]int64
	// Varying are fields about which the rows of the event disagree; the first row's value stands.
	Varying []string
	// Unreadable and Blank count rows that are none.
	Unreadable, Blank int64
	// End is where reading goes on after this unit.
	End Position
}

// Rows reads a CSV file by a mapping.
type Rows struct {
	// Exponents knows the currencies in whose minor units amounts are sent; nil means those of ISO 4217.
	Exponents Exponents
	mapping   *Mapping
	header    []string
	reader    *csv.Reader
	base      Position // where reader started
	end       Position // after the last row read
	pending   *dataRow
	suspect   string // why the next group can't be trusted
}

// dataRow is one row with its group key; err says why it can't be read as one.
type dataRow struct {
	columns map[string]string
	key     string
	line    int64
	before  Position
	err     error
}

// OpenRows reads the file's header and goes to from, or to the first row when from is zero. The errors are those of reading, of a
// header that is none, and of columns that the mapping reads and the file does not have.
func (m *Mapping) OpenRows(file io.ReadSeeker, from Position) (*Rows, error) {
	skipped, err := markLength(file)
	if err != nil {
		return nil, err
	}
	if _, err := file.Seek(skipped, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read header: %w", err)
	}
	rows := &Rows{mapping: m, reader: m.csv(file), base: Position{Offset: skipped, Line: 1}}
	header, err := rows.reader.Read()
	if err != nil {
		return nil, fmt.Errorf("read header: the file must start with a line of column names: %w", err)
	}
	if err := m.checkHeader(header); err != nil {
		return nil, err
	}
	rows.header = header
	rows.end = rows.after(header)
	if from.Offset > rows.end.Offset {
		if _, err := file.Seek(from.Offset, io.SeekStart); err != nil {
			return nil, fmt.Errorf("go to byte %d: %w", from.Offset, err)
		}
		rows.suspect, from.Suspect = from.Suspect, ""
		rows.reader, rows.base, rows.end = m.csv(file), from, from
	}
	return rows, nil
}

// byteOrderMark is what some editors and spreadsheets put before the first line of UTF-8.
const byteOrderMark = "\ufeff"

// markLength gives the length of the mark that a file starts with; 0 when it starts with none.
func markLength(file io.ReadSeeker) (int64, error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return 0, fmt.Errorf("go to the start: %w", err)
	}
	mark := make([]byte, len(byteOrderMark))
	_, err := io.ReadFull(file, mark)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return 0, nil // the file is shorter than the mark
	case err != nil:
		return 0, fmt.Errorf("read the start: %w", err)
	case string(mark) == byteOrderMark:
		return int64(len(mark)), nil
	}
	return 0, nil
}

func (m *Mapping) csv(file io.Reader) *csv.Reader {
	reader := csv.NewReader(file)
	reader.Comma = m.delimiter
	reader.FieldsPerRecord = -1
	return reader
}

// after is the position behind the record that was just read.
func (r *Rows) after(record []string) Position {
	start, _ := r.reader.FieldPos(0)
	lines := 1
	for _, field := range record {
		lines += strings.Count(field, "\n")
	}
	return Position{Offset: r.base.Offset + r.reader.InputOffset(), Line: r.base.Line + int64(start) - 1 + int64(lines)}
}

// Next returns the next unit; io.EOF at the end of the file. Any other error ends the reading: behind a broken quote nothing can be
// trusted.
func (r *Rows) Next() (Unit, error) {
	row, err := r.row()
	if err != nil {
		return Unit{}, err
	}
	if row.err != nil {
		if r.mapping.groupBy != nil {
			r.suspect = fmt.Sprintf("line %d can't be read and may belong to it", row.line)
		}
		problem := &event.Problem{Message: fmt.Sprintf("line %d: %s", row.line, row.err)}
		end := r.end
		end.Suspect = r.suspect
		return Unit{Problem: problem, First: row.line, Last: row.line, Unreadable: 1, End: end}, nil
	}
	group := r.begin(row)
	group.add(row)
	for r.mapping.groupBy != nil {
		next, err := r.row()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Unit{}, err
		}
		if next.err != nil || next.key != row.key {
			if next.err != nil {
				group.fail("", fmt.Errorf("line %d can't be read and may belong to it", next.line))
			}
			r.pending = next
			return group.finish(next.before), nil
		}
		group.add(next)
	}
	return group.finish(r.end), nil
}

// row reads one row and finds its group key.
func (r *Rows) row() (*dataRow, error) {
	if row := r.pending; row != nil {
		r.pending = nil
		return row, nil
	}
	before := r.end
	record, err := r.reader.Read()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			return nil, fmt.Errorf("line %d: %w: fix the file, nothing behind this line can be trusted", r.base.Line+int64(broken.StartLine)-1,
				broken.Err)
		}
		return nil, fmt.Errorf("read row: %w", err)
	}
	start, _ := r.reader.FieldPos(0)
	row := &dataRow{line: r.base.Line + int64(start) - 1, before: before, columns: make(map[string]string, len(record))}
	r.end = r.after(record)
	if len(record) != len(r.header) {
		row.err = fmt.Errorf("has %d fields instead of %d", len(record), len(r.header))
		return row, nil
	}
	for i, field := range record {
		row.columns[r.header[i]] = field
	}
	if r.mapping.groupBy != nil {
		if row.key, err = r.mapping.groupBy.text(row.columns); err != nil {
			row.err = fmt.Errorf("group_by: %w", err)
		}
	}
	return row, nil
}
