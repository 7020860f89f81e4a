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
	v, err := parse(t, "lag_limit: 5\nsnapshot-every: 45s\nallowed-origins: [https://a.example, https://b.example]\nprofile: true\nkey: of another verb\n", "serve")
	require.NoError(t, err)
	assert.Equal(t, 5, v.Serve.LagLimit)
	assert.Equal(t, "45s", v.Serve.SnapshotEvery.String())
	assert.Equal(t, []string{"https://a.example", "https://b.example"}, v.Serve.AllowedOrigins)
	assert.True(t, v.Serve.Profile)
	_, err = parse(t, "", "serve")
	require.NoError(t, err)
}

func TestSettingsFileIsReadStrictly(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string]string{
		"listen: x:1\nlistn: y:1":    "line 2: listn is not a setting; did you mean listen?",
		"lag-limit: 5.5":             `--lag-limit: expected a valid 64 bit int but got "5.5"`,
		"snapshot-every: 30":         "missing unit",
		"server: {listen: x:1}":      "line 1: server must be a value, or a list of values",
		"listen:":                    "line 1: listen must be a value, or a list of values",
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
	environment := []string{"HOME=/", "LAUREL_LISTN=x", "LAUREL_CLOCK=event", "LAUREL_LISTEN=x", "LAUREL_API_KEY=k", "LAUREL_PORT_80_TCP=x", "LAUREL_SERVICE_HOST=x"}
	for verb, want := range map[string][]string{
		"migrate": {"LAUREL_LISTN is not a setting and does nothing; did you mean LAUREL_LISTEN?"},
		"dev":     {"LAUREL_API_KEY does nothing for laurel dev", "LAUREL_LISTN is not a setting and does nothing; did you mean LAUREL_LISTEN?"},
		"serve": {"LAUREL_API_KEY does nothing for laurel serve", "LAUREL_CLOCK does nothing for laurel serve",
			"LAUREL_LISTN is not a setting and does nothing; did you mean LAUREL_LISTEN?"},
	} {
		call, err := parser.Parse([]string{verb})
		require.NoError(t, err)
		assert.Equal(t, want, strayVariables(parser.Model, call.Selected(), environment), verb)
	}
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

// TestHelpTellsTheBounds holds the help against what is refused.
func TestHelpTellsTheBounds(t *testing.T) {
	t.Parallel()
	var v verbs
	parser, err := kong.New(&v)
	require.NoError(t, err)
	bounds := map[string]string{
		"lanes": fmt.Sprintf(", 0 to %d", maxLanes), "max-sockets": fmt.Sprintf(", 1 to %d", socketsMost), "max-sockets-per-address": fmt.Sprintf(", 1 to %d", socketsMost),
	}
	told := 0
	for _, flag := range flagsBelow(parser.Model.Node) {
		if want, bounded := bounds[flag.Name]; bounded {
			require.Contains(t, flag.Help, want, flag.Name)
			told++
		}
	}
	require.Equal(t, 2*len(bounds), told, "serve and dev")
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
		{"--lag-limit must be at least 1", []string{"dev", "--lag-limit", "0"}},
		{"--max-sockets must be 1 to 1000000", []string{"serve", "--max-sockets", "0"}},
		{"--max-sockets-per-address must be 1 to 1000000", []string{"dev", "--max-sockets-per-address", "1000001"}},
		{"--listen must be host:port", []string{"dev", "--listen", "8080"}},
		{"no blanks at its ends", []string{"dev", "--api-key", "k ", "--database-url", empty}},
		{"there is no database at", []string{"token", "revoke", "k", "--database-url", missing}},
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
