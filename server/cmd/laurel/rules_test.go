package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// checkRules runs laurel rules check and returns what it prints.
func checkRules(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	var cli struct {
		Rules rulesCmd `cmd:""`
	}
	var out bytes.Buffer
	parser, err := kong.New(&cli, kong.Writers(&out, &out), kong.Exit(func(int) {}))
	require.NoError(t, err)
	call, err := parser.Parse(append([]string{"rules", "check"}, arguments...))
	require.NoError(t, err)
	err = call.Run()
	return out.String(), err
}

func TestRulesCheckShipped(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("..", "..", "..", "rules")
	out, err := checkRules(t, folder)
	require.NoError(t, err, out)
	assert.Contains(t, out, "Contest t_october_sprint is good, e0d9f445119cbe5ccdeb0b48e8240b6b09e3d1348a4d03577112080f65dc906a\n")
	assert.Contains(t, out, "    Stakes below 50 minor units do not count.\n")
	out, err = checkRules(t, "--quiet", filepath.Join(folder, "examples", "contest.yaml"))
	require.NoError(t, err)
	assert.Empty(t, out)
}

func TestRulesCheckProblems(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "mine.yaml")
	text := "kind: Contest\nid: c\nwindow: {start: 2025-10-25, end: 2025-10-25}\nleaderboard: {type: sum}\nscoring: {formula: win.amonut}\n"
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	for _, path := range []string{file, filepath.Dir(file)} {
		out, err := checkRules(t, path)
		require.ErrorIs(t, err, errRulesProblems)
		want := file + ":5:20: scoring.formula: win.amonut is not a field; did you mean win.amount? "
		assert.True(t, strings.HasPrefix(out, want), out)
	}
}

// TestRulesCheckChecksMappings checks a mapping however its file is called, alone and in a folder of several. What is misspelt is told
// once, with the name that may have been meant.
func TestRulesCheckChecksMappings(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file, other := filepath.Join(folder, "columns.yaml"), filepath.Join(folder, "mapping.yaml")
	const good = "kind: Mapping\nevent:\n  event_id: {column: id}\n  name: {const: login}\n  event_ts: {column: at}\n" +
		"  user.id: {column: who}\n"
	require.NoError(t, os.WriteFile(file, []byte(good), 0o600))
	require.NoError(t, os.WriteFile(other, []byte(good), 0o600))
	want := ": Mapping is good, for laurel ingest --mapping\n    It reads the columns id, at, who.\n"
	for path, want := range map[string]string{file: file + want, folder: file + want + other + want} {
		out, err := checkRules(t, path)
		require.NoError(t, err)
		assert.Equal(t, want, out)
	}
	out, err := checkRules(t, "--quiet", file)
	require.NoError(t, err)
	assert.Empty(t, out)

	wrong := strings.Replace(strings.Replace(good, "column: at", "colum: at", 1), "const: login", "const: [login]", 1)
	require.NoError(t, os.WriteFile(other, []byte(wrong), 0o600))
	for path, before := range map[string]string{other: "", folder: file + want} {
		out, err := checkRules(t, path)
		require.ErrorIs(t, err, errRulesProblems)
		require.EqualError(t, err, "definitions have problems: 2 in "+path)
		assert.Equal(t, before+other+":4:17: event[\"name\"].const: takes one value, not a list\n"+other+
			":5:14: event[\"event_ts\"].colum: is not a field here; did you mean column? the fields are const, column, cel, time, sum, "+
			"count, minor\n", out)
	}
}

func TestRulesCheckFindsNothing(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "mission.yaml")
	require.NoError(t, os.WriteFile(file, []byte("kind: Mission\nmission_id: m\n"), 0o600))
	out, err := checkRules(t, file)
	require.EqualError(t, err, "no definition and no mapping that could be checked in "+file)
	assert.Contains(t, out, "skipped, line 1: Mission is a known kind, but this version of Laurel does not support it")
}

func TestRulesCheckSaysEachThingOnce(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "short.yaml")
	require.NoError(t, os.WriteFile(file, []byte("kind: Contest\nid: c\n"), 0o600))
	out, err := checkRules(t, file)
	require.ErrorIs(t, err, errRulesProblems)
	assert.Equal(t, file+":1:1: window: is missing: it takes start, end, tz, grace_seconds\n"+file+
		":1:1: leaderboard: is missing: it takes type, n, tiebreaker, observe_ranks\n", out,
		"without a ranking nobody knows whether there must be a formula")
}
