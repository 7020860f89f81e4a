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

// account reads a whole file and checks that each unit goes on behind the one before and that every row is counted once.
func account(t *testing.T, m *Mapping, source string) {
	t.Helper()
	rows, err := m.OpenRows(strings.NewReader(source), Position{})
	if err != nil {
		return
	}
	var tally Tally
	before := rows.end
	for {
		unit, err := rows.Next()
		if err != nil {
			require.True(t, errors.Is(err, io.EOF) || strings.Contains(err.Error(), "line "), err)
			break
		}
		require.Greater(t, unit.End.Offset, before.Offset)
		require.GreaterOrEqual(t, unit.First, before.Line)
		before = unit.End
		tally.Add(unit, laurelv1.EventStatus_EVENT_STATUS_ACCEPTED, "", "")
	}
	require.LessOrEqual(t, before.Offset, int64(len(source)))
	require.NoError(t, tally.Balance())
}
