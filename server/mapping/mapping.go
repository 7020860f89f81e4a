package mapping

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"
)

const (
	// maxBytes bounds a mapping file.
	maxBytes = 256 << 10
	// maxFields bounds the fields, the reasons and the notes of a mapping, each.
	maxFields = 64
	// combinationMark stands between the reasons of a row that was refused for several.
	combinationMark = " + "
)

// Mapping says how the rows of a CSV file become events: which rows are refused and why, which consecutive rows make one event, and
// where each field of the event comes from. It is immutable and safe for concurrent use.
type Mapping struct {
	name      string
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
	line  int
	field string
}

// branch is an object of the event under construction: either a value, by its index, or members in order.
type branch struct {
	key     string
	value   int
	members []*branch
}

// Parse reads a mapping file; rules/mappings/README.md documents the language. name stands before the line in errors, which
// name line and field and say what would be right.
func Parse(name string, source []byte) (*Mapping, error) {
	if len(source) > maxBytes {
		return nil, fmt.Errorf("%s: a mapping must be at most %d bytes, but has %d", name, maxBytes, len(source))
	}
	m := &Mapping{name: name, delimiter: ','}
	if err := m.parse(source); err != nil {
		return nil, err
	}
	m.tree = &branch{value: -1}
	for i := range m.values {
		if err := m.plant(i); err != nil {
			return nil, err
		}
	}
	if err := m.checkPaths(); err != nil {
		return nil, err
	}
	digest := xxh3.Hash128(source).Bytes()
	m.hash = hex.EncodeToString(digest[:])
	return m, nil
}

// Hash identifies the text of the mapping, so that an interrupted run goes on only with the same one.
func (m *Mapping) Hash() string {
	return m.hash
}

// plant gives value i its place in the tree of the event.
func (m *Mapping) plant(i int) error {
	at := m.tree
	keys := strings.Split(m.values[i].path, ".")
	for depth, key := range keys {
		if key == "" {
			return m.errorf(m.values[i].line, "event."+m.values[i].path, "must be a path such as user.id")
		}
		last := depth == len(keys)-1
		k := slices.IndexFunc(at.members, func(n *branch) bool { return n.key == key })
		switch {
		case k < 0:
			at.members = append(at.members, &branch{key: key, value: -1})
			at = at.members[len(at.members)-1]
		case last || at.members[k].value >= 0:
			return m.errorf(m.values[i].line, "event."+m.values[i].path, "is given already by another field of the mapping")
		default:
			at = at.members[k]
		}
		if last {
			at.value = i
		}
	}
	return nil
}

// checkHeader reports the columns that the mapping reads and the file does not have.
func (m *Mapping) checkHeader(header []string) error {
	for i, column := range header {
		if slices.Contains(header[:i], column) {
			return fmt.Errorf("the file's first line names the column %q twice", column)
		}
	}
	for _, column := range m.columns {
		if !slices.Contains(header, column.name) {
			return m.errorf(column.line, column.field, "reads the column %q, but the file has %s", column.name, strings.Join(header, ", "))
		}
	}
	return nil
}

func (m *Mapping) reads(column string, line int, field string) {
	m.columns = append(m.columns, columnUse{column, line, field})
}

func (m *Mapping) errorf(line int, field, format string, args ...any) error {
	where := fmt.Sprintf("%s:%d: %s: ", m.name, line, field)
	return fmt.Errorf("%s"+format, append([]any{where}, args...)...)
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
