package mapping

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// oddColumn is the name of a column that must be quoted in any file.
const oddColumn = "what, \"as\"; a|\tb\nsaid"

// table is a CSV file whose rows are known, so that no reader is needed to tell what must come of it.
type table struct {
	delimiter, lineEnd string
	text               strings.Builder
	line               int64
	rows               []tableRow
}

// tableRow is a row of a table. Empty field says that it makes an event, columns that it can't be read.
type tableRow struct {
	line       int64
	id, said   string
	amount     string
	field, why string
}

// write writes fields, quoted where they must be and elsewhere as it comes.
func (f *table) write(t *rapid.T, fields ...string) {
	for i, field := range fields {
		if i > 0 {
			f.text.WriteString(f.delimiter)
		}
		if !strings.ContainsAny(field, "\"\n"+f.delimiter) && (field != "" || len(fields) > 1) && !strings.HasPrefix(field, " ") &&
			!rapid.Bool().Draw(t, "quoted") {
			f.text.WriteString(field)
			continue
		}
		f.line += int64(strings.Count(field, "\n"))
		f.text.WriteString(`"` + strings.NewReplacer(`"`, `""`, "\n", f.lineEnd).Replace(field) + `"`)
	}
}

// end ends a line, and leaves some empty ones behind it.
func (f *table) end(t *rapid.T) {
	for range rapid.SampledFrom([]int{1, 1, 1, 2, 3}).Draw(t, "line ends") {
		f.text.WriteString(f.lineEnd)
		f.line++
	}
}

// drawRow writes a row: mostly one that makes an event, and now and then one with a number, a text or a length that is wrong.
func (f *table) drawRow(t *rapid.T, number int) {
	said := rapid.StringOfN(rapid.RuneFrom([]rune("ab \"';,|\t\n#é漢🎲=0")), 0, 12, -1).Draw(t, "said")
	row := tableRow{line: f.line, id: fmt.Sprintf("e%d", number), said: said, amount: rapid.StringMatching(`-?[0-9]{1,4}(\.[0-9]{1,3})?`).
		Draw(t, "amount")}
	switch rapid.IntRange(0, 9).Draw(t, "kind of row") {
	case 0:
		row.amount = rapid.SampledFrom([]string{"", "1,5", "1e3", "one", " 1", "0x1", "1.", "١"}).Draw(t, "no number")
		row.field, row.why = "n", fmt.Sprintf("line %d: payload.amount: number: %.64q is not a decimal number", f.line, row.amount)
	case 1:
		row.said += rapid.SampledFrom([]string{"\xff", "M\xfcller", "\xc3"}).Draw(t, "no UTF-8")
		row.field, row.why = oddColumn, fmt.Sprintf("line %d: payload.said: column %s must be valid UTF-8", f.line, oddColumn)
	case 2:
		row.field, row.why = "columns", fmt.Sprintf("line %d: has 3 fields instead of 4", f.line)
		f.write(t, row.id, row.said, row.amount)
		f.rows = append(f.rows, row)
		return
	}
	f.write(t, row.id, row.said, "left alone", row.amount)
	f.rows = append(f.rows, row)
}

// drawTable writes a file with or without a mark at its start and an end of line at its end, in any of the usual ways.
func drawTable(t *rapid.T) *table {
	f := &table{line: 1, delimiter: rapid.SampledFrom([]string{",", ";", "\t", "|"}).Draw(t, "delimiter"),
		lineEnd: rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "line end")}
	if rapid.Bool().Draw(t, "mark") {
		f.text.WriteString(byteOrderMark)
	}
	f.write(t, "id", oddColumn, "other", "n")
	rows := rapid.IntRange(0, 8).Draw(t, "rows")
	for number := range rows {
		f.end(t)
		f.drawRow(t, number)
	}
	if rapid.Bool().Draw(t, "last line ends") {
		f.end(t)
	}
	return f
}

// mappingOf reads tables with a delimiter.
func mappingOf(t require.TestingT, delimiter string) *Mapping {
	m, err := Parse("m.yaml", fmt.Appendf(nil, `kind: Mapping
delimiter: %q
event:
  event_id: {column: id}
  name: {const: purchase}
  event_ts: {const: "2020-01-01T00:00:00Z"}
  user.id: {const: u}
  payload.said: {column: %q}
  payload.amount: {cel: 'number(row["n"])'}
`, delimiter, oddColumn))
	require.NoError(t, err)
	return m
}

// TestAFileInAnyFormGivesItsRows writes rows as any program might, with quotes, ends of line and delimiters in their fields: each gives its
// event, or a problem with its line and its column. From behind each row the rest can be read.
func TestAFileInAnyFormGivesItsRows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		file := drawTable(t)
		m, text := mappingOf(t, file.delimiter), file.text.String()
		from, next := Position{}, 0
		for next <= len(file.rows) {
			rows, err := m.OpenRows(strings.NewReader(text), from)
			require.NoError(t, err, "%q", text)
			for _, want := range file.rows[next:] {
				unit, err := rows.Next()
				require.NoError(t, err, "%q", text)
				requireRow(t, want, unit)
				if want == file.rows[next] {
					from = unit.End
				}
			}
			_, err = rows.Next()
			require.ErrorIs(t, err, io.EOF)
			next++
		}
	})
}

// requireRow compares what was made of a row with the row.
func requireRow(t *rapid.T, want tableRow, unit Unit) {
	require.Equal(t, [2]int64{want.line, want.line}, [2]int64{unit.First, unit.Last})
	if want.field != "" {
		require.Nil(t, unit.Event)
		require.NotNil(t, unit.Problem)
		if want.field == "columns" {
			want.field = ""
		}
		require.Equal(t, want.field, unit.Problem.Field)
		require.Contains(t, unit.Problem.Message, want.why)
		require.True(t, utf8.ValidString(unit.Problem.Error()))
		return
	}
	require.Nil(t, unit.Problem)
	require.Equal(t, want.id, unit.Event.EventId)
	require.Equal(t, want.said, unit.Event.Payload.Fields["said"].GetStringValue())
	amount, err := exactDecimal(want.amount)
	require.NoError(t, err)
	double, _ := amount.Float64()
	require.InDelta(t, double, unit.Event.Payload.Fields["amount"].GetNumberValue(), 0)
}

// TestAFileThatIsNoUTF8IsToldSo has a table as spreadsheets of other ages and makers write it.
func TestAFileThatIsNoUTF8IsToldSo(t *testing.T) {
	t.Parallel()
	m := mappingOf(t, ";")
	for name, text := range map[string]string{
		"UTF-16 with a mark": "\xff\xfei\x00d\x00;\x00n\x00\n\x00", "UTF-16, the other way round": "\xfe\xff\x00i\x00d\x00;\x00n\x00\n",
		"UTF-16 without one": "i\x00d\x00;\x00n\x00\n\x00", "ISO 8859": "id;n;M\xfcnze\n1;2;3\n",
	} {
		_, err := m.OpenRows(strings.NewReader(text), Position{})
		require.EqualError(t, err, "the file's first line is no UTF-8: save the file as UTF-8", name)
	}
}
