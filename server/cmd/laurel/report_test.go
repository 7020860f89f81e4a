package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/load"
	"github.com/laurelhq/laurel/server/mapping"
)

// TestReportThatCantBeWritten names a report where no file can be: a verb says so before it does anything, and a place that goes away under
// way costs no report.
func TestReportThatCantBeWritten(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	into := filepath.Join(folder, "gone", "x.json")
	events := filepath.Join(folder, "events.jsonl")
	require.NoError(t, os.WriteFile(events, []byte("{}\n"), 0o600))
	for _, verb := range [][]string{{"load", "--url", "http://127.0.0.1:1"}, {"ingest", "--url", "http://127.0.0.1:1", "--retry-for", "1s",
		events}} {
		_, err := runVerb(t, nil, append(verb, "--report", into)...)
		require.ErrorContains(t, err, "laurel: --report can't be written: write "+into+": no such file or directory\n")
		_, err = runVerb(t, nil, append(verb, "--report", folder)...)
		require.ErrorContains(t, err, "laurel: --report must be a file, but "+folder+" is a folder\n")
	}
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing is left beside the events")

	var out bytes.Buffer
	report := load.Report{Accepted: 42, Seconds: 1}
	require.ErrorContains(t, (&loadCmd{Report: into}).print(&out, report), "write "+into+": no such file or directory")
	require.Equal(t, report.String(), out.String())
	out.Reset()
	state := &ingestState{Tally: mapping.Tally{}}
	require.ErrorContains(t, (&ingestCmd{Report: into}).finish(&out, state), "write "+into+": no such file or directory")
	require.Equal(t, state.Tally.Text(mapping.Told{}), out.String())
}
