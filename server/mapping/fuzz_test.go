package mapping

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// FuzzParseMapping reads any mapping: an error names the file, and what is accepted can read a file without a panic and accounts for it.
func FuzzParseMapping(f *testing.F) {
	f.Add(plainMapping)
	f.Add(groupMapping)
	f.Add(string(shipped(f, "mapping.yaml")))
	f.Add("kind: Mapping\nevent: {event_id: {const: 1}}\n")
	f.Fuzz(func(t *testing.T, source string) {
		m, err := Parse("m.yaml", []byte(source))
		if err != nil {
			require.ErrorContains(t, err, "m.yaml")
			return
		}
		account(t, m, "id,who,at,n,price\n1,u,2020-01-01,1,1\n")
	})
}

// FuzzRows reads any file by a mapping.
func FuzzRows(f *testing.F) {
	m := parsed(f, groupMapping)
	f.Add("id,who,at,n,price\n1,u1,2020-01-01,1,0.10\n1,u1,2020-01-01,2,0.10\n2,u2,2020-01-01,0,1\n")
	f.Add("\ufeffid,who,at,n,price\r\n\r\n1,\"u\n1\",2020-01-01,x\r\n")
	f.Fuzz(func(t *testing.T, source string) { account(t, m, source) })
}

// FuzzJSONLines reads any file of lines.
func FuzzJSONLines(f *testing.F) {
	f.Add(`{"event_id":"a","name":"login","ts":"2025-10-25T18:00Z","user_id":"u"}` + "\n\n{}\r\nnull\n" + `{"events":[]}`)
	f.Add("\ufeff{\"event_id\":1}\n\"\n\xff")
	f.Fuzz(func(t *testing.T, source string) {
		open := func(from Position) func() (Unit, error) {
			lines, err := OpenJSONLines(strings.NewReader(source), from)
			require.NoError(t, err)
			return lines.Next
		}
		all, err := follow(t, open(Position{}), Position{Line: 1})
		require.ErrorIs(t, err, io.EOF)
		if len(all) > 0 {
			require.Equal(t, int64(len(source)), all[len(all)-1].End.Offset)
		}
		goOn(t, all, err, open)
	})
}

// account reads a whole file and checks that each unit goes on behind the one before, that every row is counted once, and that reading on
// from any place gives the rest.
func account(t *testing.T, m *Mapping, source string) {
	t.Helper()
	rows, err := m.OpenRows(strings.NewReader(source), Position{})
	if err != nil {
		return
	}
	all, err := follow(t, rows.Next, rows.end)
	require.True(t, errors.Is(err, io.EOF) || strings.Contains(err.Error(), "line "), err)
	if len(all) > 0 {
		require.LessOrEqual(t, all[len(all)-1].End.Offset, int64(len(source)))
	}
	goOn(t, all, err, func(from Position) func() (Unit, error) {
		rows, err := m.OpenRows(strings.NewReader(source), from)
		require.NoError(t, err)
		return rows.Next
	})
}

// follow reads to the end and returns what it ended with.
func follow(t *testing.T, next func() (Unit, error), before Position) (all []Unit, end error) {
	t.Helper()
	var tally Tally
	for {
		unit, err := next()
		if err != nil {
			require.NoError(t, tally.Balance())
			return all, err
		}
		require.Greater(t, unit.End.Offset, before.Offset)
		require.GreaterOrEqual(t, unit.First, before.Line, "no line is in two events")
		require.GreaterOrEqual(t, unit.Last, unit.First)
		require.Greater(t, unit.End.Line, unit.Last)
		before = unit.End
		tally.Add(unit, laurelv1.EventStatus_EVENT_STATUS_ACCEPTED, "", "")
		all = append(all, unit)
	}
}

// goOn reads on from behind some units.
func goOn(t *testing.T, all []Unit, end error, open func(from Position) func() (Unit, error)) {
	t.Helper()
	for i := 0; i < len(all); i += 1 + len(all)/8 {
		next := open(all[i].End)
		for _, want := range all[i+1:] {
			got, err := next()
			require.NoError(t, err)
			require.Equal(t, [2]int64{want.First, want.Last}, [2]int64{got.First, got.Last})
			require.Equal(t, want.Sent, got.Sent)
			require.Equal(t, want.End, got.End)
		}
		_, err := next()
		require.Equal(t, end.Error(), err.Error())
	}
}
