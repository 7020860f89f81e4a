package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/ingest"
	"github.com/laurelhq/laurel/server/load"
)

// parse reads a command line beside a settings file.
func parse(t *testing.T, settings string, args ...string) (*verbs, error) {
	t.Helper()
	var v verbs
	parser, err := kong.New(&v, kong.Exit(func(int) {}))
	require.NoError(t, err)
	resolver, err := readSettings(strings.NewReader(settings))
	if err != nil {
		return nil, err
	}
	require.NoError(t, kong.Resolvers(resolver).Apply(parser))
	_, err = parser.Parse(args)
	return &v, err
}

func TestSettingsFile(t *testing.T) {
	t.Parallel()
	v, err := parse(t, "lag_limit: 5\nsnapshot-every: 45s\nallowed-origins: [https://a.example, https://b.example]\nprofile: true\nkey: of "+
		"another verb\n", "serve")
	require.NoError(t, err)
	assert.Equal(t, 5, v.Serve.LagLimit)
	assert.Equal(t, "45s", v.Serve.SnapshotEvery.String())
	assert.Equal(t, []string{"https://a.example", "https://b.example"}, v.Serve.AllowedOrigins)
	assert.True(t, v.Serve.Profile)
	_, err = parse(t, "", "serve")
	require.NoError(t, err)
	v, err = parse(t, "lanes:\nlisten: \"\"\nprofile: null\nallowed-origins: []\nlag-limit: 5\n", "serve")
	require.NoError(t, err, "what has no value is as if it were not there")
	assert.Equal(t, []any{0, "127.0.0.1:8080", false, 5}, []any{v.Serve.Lanes, v.Serve.Listen, v.Serve.Profile, v.Serve.LagLimit})
	assert.Empty(t, v.Serve.AllowedOrigins)
}

func TestSettingsFileIsReadStrictly(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string]string{
		"listen: x:1\nlistn: y:1":    "line 2: listn is not a setting; did you mean listen?",
		"\nlag-limit: 5.5":           `: laurel.yaml: line 2: expected a valid 64 bit int but got "5.5"`,
		"snapshot-every: 30":         "laurel.yaml: line 1: ",
		"snapshot-every: 31":         "missing unit",
		"server: {listen: x:1}":      "laurel.yaml: line 1: server must be a value, or a list of values",
		"listen: {}":                 "laurel.yaml: line 1: listen must be a value, or a list of values",
		"lag-limit: 5\nlag_limit: 6": "line 2: lag_limit is there twice",
		"- listen":                   "line 1: settings are written name: value",
		"listen: [":                  "not valid YAML",
	} {
		_, err := parse(t, settings, "serve")
		require.ErrorContains(t, err, want, settings)
	}
}

func TestStrayVariables(t *testing.T) {
	t.Parallel()
	var v verbs
	parser, err := kong.New(&v)
	require.NoError(t, err)
	environment := []string{"HOME=/", "LAUREL_LISTN=x", "LAUREL_CLOCK=event", "LAUREL_LISTEN=x", "LAUREL_API_KEY=k", "LAUREL_PORT_80_TCP=x",
		"LAUREL_SERVICE_HOST=x", "LAUREL_EMPTY="}
	for verb, want := range map[string][]string{
		"migrate": {"LAUREL_LISTN is not a setting and does nothing"},
		"dev":     {"LAUREL_API_KEY does nothing for laurel dev", "LAUREL_LISTN is not a setting and does nothing; did you mean LAUREL_LISTEN?"},
		"serve": {"LAUREL_API_KEY does nothing for laurel serve", "LAUREL_CLOCK does nothing for laurel serve",
			"LAUREL_LISTN is not a setting and does nothing; did you mean LAUREL_LISTEN?"},
	} {
		call, err := parser.Parse([]string{verb})
		require.NoError(t, err)
		assert.Equal(t, want, strayVariables(parser.Model, call.Selected(), environment), verb)
	}
	call, err := parser.Parse([]string{"load"})
	require.NoError(t, err)
	want := []string{"LAUREL_FOO is not a setting and does nothing", "LAUREL_ULR is not a setting and does nothing; did you mean LAUREL_URL?"}
	assert.Equal(t, want, strayVariables(parser.Model, call.Selected(), []string{"LAUREL_FOO=x", "LAUREL_ULR=x"}))
}

// TestEmptyVariablesAreUnset starts servers with every variable that there is left empty, as far as a flag that can't be.
func TestEmptyVariablesAreUnset(t *testing.T) {
	t.Parallel()
	var v verbs
	parser, err := kong.New(&v)
	require.NoError(t, err)
	var empty []string
	for _, flag := range flagsBelow(parser.Model.Node) {
		for _, name := range flag.Envs {
			empty = append(empty, name+"=")
		}
	}
	require.Contains(t, empty, "LAUREL_LANES=")
	for _, verb := range []string{"serve", "dev"} {
		_, err := runVerb(t, empty, verb, "--lanes", "9")
		require.ErrorContains(t, err, "laurel: --lanes must be 0 to 8, but is 9", "everything else is as if it were not there")
	}
}

// TestFlagsWinOverTheEnvironmentAndThatOverTheFile sets one setting at each of the places where it can be set, and says which of them is
// followed.
func TestFlagsWinOverTheEnvironmentAndThatOverTheFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "settings.yaml")
	require.NoError(t, os.WriteFile(file, []byte("lanes: 9\nlog-level: debug\n"), 0o600))
	for _, each := range []struct {
		want      string
		variables []string
		args      []string
	}{
		{"lanes in the settings file must be 0 to 8, but is 9", nil, nil},
		{"lanes in the settings file must be 0 to 8, but is 9", []string{"LAUREL_LANES="}, nil},
		{"lanes in the settings file must be 0 to 8, but is 9", []string{"LAUREL_LISTEN=127.0.0.1:0"}, nil},
		{"LAUREL_LANES must be 0 to 8, but is 10", []string{"LAUREL_LANES=10"}, nil},
		{`(from envar LAUREL_LANES="many")`, []string{"LAUREL_LANES=many"}, nil},
		{"--lanes must be 0 to 8, but is 11", []string{"LAUREL_LANES=10"}, []string{"--lanes", "11"}},
		{"--lanes must be 0 to 8, but is 11", nil, []string{"--lanes", "11"}},
	} {
		_, err := runVerb(t, each.variables, append([]string{"serve", "--config", file}, each.args...)...)
		require.ErrorContains(t, err, each.want, "%v %v", each.variables, each.args)
	}
}

// TestSettingsPage holds the page of settings against the flags of a server.
func TestSettingsPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "settings.md"))
	require.NoError(t, err)
	var v verbs
	parser, err := kong.New(&v)
	require.NoError(t, err)
	rows := 0
	for _, verb := range parser.Model.Children {
		if verb.Name != "serve" && verb.Name != "dev" {
			continue
		}
		for _, flag := range flagsBelow(verb) {
			if flag.Name == "help" {
				continue
			}
			row := fmt.Sprintf("| `%s` | %s | %s | %s |\n", flag.Name, code(strings.Join(flag.Envs, ", ")), code(flag.Default),
				strings.ReplaceAll(flag.Help, "|", `\|`))
			require.Contains(t, string(page), row, "of laurel %s", verb.Name)
			rows++
		}
	}
	require.Greater(t, rows, 20)
}

// code marks a value in a table; one that isn't there leaves the cell empty.
func code(value string) string {
	if value == "" {
		return ""
	}
	return "`" + value + "`"
}

// TestHelpTellsTheBounds holds the help against what is refused.
func TestHelpTellsTheBounds(t *testing.T) {
	t.Parallel()
	var v verbs
	parser, err := kong.New(&v)
	require.NoError(t, err)
	server := map[string]string{
		"lanes": fmt.Sprintf(", 0 to %d", maxLanes), "max-sockets": fmt.Sprintf(", 1 to %d", socketsMost),
		"max-sockets-per-address": fmt.Sprintf(", 1 to %d", socketsMost),
		"lag-limit":               ", at least 1.", "snapshot-every": fmt.Sprintf(", at least %s.", leastSnapshotEvery),
		"journal-range": ", at least 1h.",
	}
	for verb, bounds := range map[string]map[string]string{
		"serve": server, "dev": server,
		"load": {"rate": ", 0 to 1000000;", "duration": ", 1s to 24h.", "batch": fmt.Sprintf(", 1 to %d.", ingest.MaxBatch),
			"workers": ", 1 to 256.", "players": ", 1 to 10000000.",
			"sockets": fmt.Sprintf(", 0 to %d;", load.MaxSockets), "probes": ", 1 to 100."},
		"ingest": {"batch": fmt.Sprintf(", 100 to %d.", ingest.MaxBatch)},
	} {
		help := helpOf(t, parser.Model.Node, verb)
		for flag, want := range bounds {
			require.Contains(t, help[flag], want, "%s --%s", verb, flag)
		}
	}
	require.Contains(t, helpOf(t, parser.Model.Node, "dev")["password"], ", 8 to 256 bytes")
	require.Contains(t, helpOf(t, parser.Model.Node, "dev")["traffic"], fmt.Sprintf(", 1/s to %d/s.", maxTraffic))
}

// helpOf is what a verb says of its flags.
func helpOf(t *testing.T, app *kong.Node, verb string) map[string]string {
	t.Helper()
	help := map[string]string{}
	for _, child := range app.Children {
		if child.Name == verb {
			for _, flag := range flagsBelow(child) {
				help[flag.Name] = flag.Help
			}
		}
	}
	require.NotEmpty(t, help, verb)
	return help
}

// TestRefusedSettingsAreNamedWhereTheyWereSet runs the real program with the same mistakes from the command line, the environment and a
// file.
func TestRefusedSettingsAreNamedWhereTheyWereSet(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "settings.yaml")
	write := func(text string) string {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	for _, each := range []struct {
		want      string
		variables []string
		args      []string
	}{
		{"laurel: --lanes must be 0 to 8, but is 9", nil, []string{"serve", "--lanes", "9"}},
		{"laurel: LAUREL_LANES must be 0 to 8, but is 9", []string{"LAUREL_LANES=9"}, []string{"serve"}},
		{"laurel: --lanes must be 0 to 8, but is 10", []string{"LAUREL_LANES=9"}, []string{"dev", "--lanes", "10"}},
		{"laurel: lanes in the settings file must be 0 to 8, but is 9", nil, []string{"serve", "--config", write("lanes: 9\n")}},
		{"laurel: LAUREL_LOG_LEVEL must be one of", []string{"LAUREL_LOG_LEVEL=loud"}, []string{"serve"}},
		{"laurel: LAUREL_DEV_PASSWORD has 3 bytes; it must have 8 to 256", []string{"LAUREL_DEV_PASSWORD=abc"}, []string{"dev"}},
		{"laurel: LAUREL_ADMIN_PASSWORD has 3 bytes; it must have 8 to 256", []string{"LAUREL_ADMIN_NAME=ada", "LAUREL_ADMIN_PASSWORD=abc"},
			[]string{"serve"}},
		{"laurel: --admin-name must be 1 to 64 letters", []string{"LAUREL_ADMIN_PASSWORD=abcdefgh"}, []string{"serve", "--admin-name", "a b"}},
		{"laurel: LAUREL_URL must be like http://", []string{"LAUREL_URL=nowhere"}, []string{"load"}},
	} {
		_, err := runVerb(t, each.variables, each.args...)
		require.ErrorContains(t, err, each.want, "%v %v", each.variables, each.args)
	}
	_, err := runVerb(t, nil, "serve", "--config", write("\nlistn: x\n"))
	require.ErrorContains(t, err, "laurel: "+file+": line 2: listn is not a setting")
	_, err = runVerb(t, nil, "serve", "--config", write("\nlanes: {}\n"))
	require.ErrorContains(t, err, "laurel: "+file+": line 2: lanes must be a value")
}

// TestRedisThatIsAwayIsToldInOneVoice asks for boards in a Redis that isn't there.
func TestRedisThatIsAwayIsToldInOneVoice(t *testing.T) {
	t.Parallel()
	database := "sqlite:" + filepath.Join(t.TempDir(), "laurel.db")
	_, err := runVerb(t, nil, "migrate", "--database-url", database)
	require.NoError(t, err)
	for _, verb := range [][]string{{"verify", "boards"}, {"serve"}} {
		_, err = runVerb(t, nil, append(verb, "--database-url", database, "--redis-url", "redis://127.0.0.1:1")...)
		require.ErrorContains(t, err, "laurel: reach redis: dial tcp 127.0.0.1:1")
		_, said, _ := strings.Cut(err.Error(), "exit status 1: ")
		for line := range strings.Lines(said) {
			require.Regexp(t, `^(laurel: |\{"time")`, line)
		}
	}
}

// TestVerbsRefuse runs the real program with what can't be right.
func TestVerbsRefuse(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	empty, missing := "sqlite:"+filepath.Join(folder, "empty.db"), "sqlite:"+filepath.Join(folder, "made", "missing.db")
	_, err := runVerb(t, nil, "migrate", "--database-url", empty)
	require.NoError(t, err)
	for _, each := range []struct {
		want string
		args []string
	}{
		{"--snapshot-every must be at least 1s", []string{"serve", "--snapshot-every", "0s"}},
		{"--journal-range must be at least 1h0m0s, but is 59m0s", []string{"serve", "--journal-range", "59m"}},
		{"--lag-limit must be at least 1", []string{"dev", "--lag-limit", "0"}},
		{"--horizon-days must be 1 to 36500, or 0 for what the database says, but is -1", []string{"serve", "--horizon-days=-1"}},
		{"--horizon-days must be 1 to 36500, or 0 for what the database says, but is 40000", []string{"dev", "--horizon-days", "40000"}},
		{"--max-sockets must be 1 to 1000000", []string{"serve", "--max-sockets", "0"}},
		{"--max-sockets-per-address must be 1 to 1000000", []string{"dev", "--max-sockets-per-address", "1000001"}},
		{"--listen must be host:port", []string{"dev", "--listen", "8080"}},
		{"no blanks at its ends", []string{"dev", "--api-key", "k ", "--database-url", empty}},
		{"there is no database at", []string{"token", "revoke", "k", "--database-url", missing}},
		{"there is no database at", []string{"token", "list", "--database-url", missing}},
		{"there is no database at", []string{"verify", "boards", "--database-url", missing}},
		{`there is no contest "typo"`, []string{"verify", "boards", "--contest", "typo", "--database-url", empty}},
		{"--ttl must be 1s to 24h0m0s", []string{"token", "player", "u_1", "--ttl", "25h", "--database-url", empty}},
		{"--ttl must be 1s to 24h0m0s", []string{"token", "player", "u_1", "--ttl", "0s", "--database-url", empty}},
		{"laurel serve --help says more", []string{"serve", "--listn", "x"}},
	} {
		_, err := runVerb(t, nil, each.args...)
		require.ErrorContains(t, err, each.want, "%v", each.args)
	}
	_, err = os.Stat(filepath.Join(folder, "made"))
	require.ErrorIs(t, err, os.ErrNotExist, "a misspelt path makes no folder")
}

// TestTakenAddressIsToldBeforeAnythingIsMade starts a second server by mistake.
func TestTakenAddressIsToldBeforeAnythingIsMade(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	path := filepath.Join(t.TempDir(), "laurel.db")
	_, err = runVerb(t, []string{"LAUREL_DATABASE_URL=sqlite:" + path, "LAUREL_LISTEN=" + taken.Addr().String()}, "serve")
	require.ErrorContains(t, err, taken.Addr().String()+": bind: address already in use; --listen or LAUREL_LISTEN names another address")
	require.NoFileExists(t, path)
}
