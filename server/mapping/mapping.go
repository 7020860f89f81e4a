package mapping

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/zeebo/xxh3"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
)

// combinationMark stands between the reasons of a row that was refused for several.
const combinationMark = " + "

// Mapping says how the rows of a CSV file become events: which rows are refused and why, which consecutive rows make one event, and
// where each field of the event comes from. It is immutable and safe for concurrent use.
type Mapping struct {
	document  *catalog.Document
	hash      string
	delimiter rune
	refuse    []condition
	note      []condition
	groupBy   *expression
	values    []fieldValue
	tree      *branch
	columns   []columnUse
}

// condition is a named condition over a row.
type condition struct {
	reason string
	when   *expression
}

// columnUse is a column that the mapping reads, with the place where it says so.
type columnUse struct {
	name  string
	field string
}

// branch is an object of the event under construction: either a value, by its index, or members in order.
type branch struct {
	key     string
	value   int
	members []*branch
}

// Parse reads a mapping file; rules/mappings/README.md documents the language. name stands before the line in errors, which
// name line and field and say what would be right, one problem a line.
func Parse(name string, source []byte) (*Mapping, error) {
	written := &laurelv1.Mapping{}
	document, problems := catalog.Read(name, source, written)
	if document == nil {
		return nil, refused(problems)
	}
	c := &compiler{Mapping: &Mapping{document: document, delimiter: ','}}
	c.compile(written)
	if len(problems) > 0 {
		problems = append(problems, document.Place(beside(problems, c.problems))...)
		slices.SortStableFunc(problems, func(a, b catalog.Problem) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
		return nil, refused(problems)
	}
	if len(c.problems) > 0 {
		return nil, refused(document.Place(c.problems))
	}
	digest := xxh3.Hash128(source).Bytes()
	c.hash = hex.EncodeToString(digest[:])
	return c.Mapping, nil
}

// beside returns the problems of fields that could be read though others could not: neither those of a field of which something is wrong
// already, nor those of what seems to be missing and may be among what is misspelt.
func beside(unread, found []catalog.Problem) []catalog.Problem {
	return slices.DeleteFunc(slices.Clone(found), func(one catalog.Problem) bool {
		return one.Field == "event" || one.Message == needsGroupBy || slices.ContainsFunc(unread, func(other catalog.Problem) bool {
			return strings.HasPrefix(other.Field, one.Field) || strings.HasPrefix(one.Field, other.Field)
		})
	})
}

func refused(problems []catalog.Problem) error {
	lines := make([]string, len(problems))
	for i, problem := range problems {
		lines[i] = problem.String()
	}
	return errors.New(strings.Join(lines, "\n"))
}

// Hash identifies the text of the mapping, so that an interrupted run goes on only with the same one.
func (m *Mapping) Hash() string {
	return m.hash
}

// Columns are the columns of the file that the mapping reads, each once: those of conditions first, then those of fields by their paths.
func (m *Mapping) Columns() []string {
	var names []string
	for _, column := range m.columns {
		if !slices.Contains(names, column.name) {
			names = append(names, column.name)
		}
	}
	return names
}

// checkHeader reports the columns that the mapping reads and the file does not have.
func (m *Mapping) checkHeader(header []string) error {
	for i, column := range header {
		if !utf8.ValidString(column) || strings.ContainsRune(column, 0) { // UTF-16 has a zero beside each letter
			return errors.New("the file's first line is no UTF-8: save the file as UTF-8")
		}
		if slices.Contains(header[:i], column) {
			return fmt.Errorf("the file's first line names the column %q twice", column)
		}
	}
	for _, column := range m.columns {
		if !slices.Contains(header, column.name) {
			message := fmt.Sprintf("reads the column %q, but the file has %s", column.name, strings.Join(header, ", "))
			return refused(m.document.Place([]catalog.Problem{{Field: column.field, Message: message}}))
		}
	}
	return nil
}

func (m *Mapping) reads(column, field string) {
	m.columns = append(m.columns, columnUse{column, field})
}

// InFile gives a field of a refused event the name that the file has for it, which is its columns, and has the reason tell what they
// become. A field that comes from no column keeps its name in the mapping.
func (m *Mapping) InFile(field, reason string) (name, why string) {
	columns := m.columnsOf(field)
	if columns == "" {
		return field, reason
	}
	return columns, "becomes " + field + ", which " + reason
}

// columnsOf names the columns that a field of the event comes from; empty when there are none.
func (m *Mapping) columnsOf(path string) string {
	var columns []string
	for _, value := range m.values {
		for _, column := range m.columns {
			if value.path == path && strings.HasPrefix(column.field, value.field) && !slices.Contains(columns, column.name) {
				columns = append(columns, column.name)
			}
		}
	}
	return strings.Join(columns, ", ")
}

// reasonsOf returns the reasons a row meets as one text in the order of the mapping; empty when it meets none.
func reasonsOf(rules []condition, met []bool) string {
	reasons := make([]string, 0, len(rules))
	for i, rule := range rules {
		if met[i] {
			reasons = append(reasons, rule.reason)
		}
	}
	return strings.Join(reasons, combinationMark)
}

// byCount orders names by their number, the biggest first.
func byCount(counts map[string]int64) []string {
	names := make([]string, 0, len(counts))
	for name := range counts {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
	return names
}
