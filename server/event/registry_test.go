package event_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/laurelhq/laurel/server/event"
)

func TestShippedNames(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{
		"bet", "check_in", "deposit", "kyc_status_changed", "login", "match_result", "mission_complete", "mission_join", "mission_progress",
		"mission_view",
		"purchase", "rank_observed", "reward_issued", "rg_event", "round_end", "session_end", "session_start", "spin", "tournament_join",
		"tournament_reward",
		"tournament_score", "tournament_update", "win", "withdraw_request",
	}, registry(t).Names())
	require.True(t, registry(t).Known("spin"))
	require.False(t, registry(t).Known("Spin"))
}

// TestEveryNameHasAnEventThatPasses shows for each shipped schema one event that passes and, where it requires something, that the bare one
// does not.
func TestEveryNameHasAnEventThatPasses(t *testing.T) {
	t.Parallel()
	rest := map[string]string{
		"login": ``, "check_in": ``, "session_start": `,"session_id":"s"`, "session_end": `,"context":{"session_id":"s"}`,
		"bet": `,"payload":{"bet":0.5}`, "spin": `,"game":{"id":"g"}`, "win": `,"win":{"amount_minor":0}`,
		"round_end": `,"bet":{"amount_minor":0,"currency":"JPY"}`,
		"deposit":   `,"payload":{"amount":5,"currency":"EUR"}`, "withdraw_request": `,"payload":{"amount_minor":500,"currency":"EUR"}`,
		"kyc_status_changed": `,"user":{"kyc_level":0}`, "mission_view": `,"payload":{"mission_id":"m"}`,
		"mission_join":     `,"payload":{"mission_id":"m"}`,
		"mission_progress": `,"payload":{"mission_id":"m"}`, "mission_complete": `,"payload":{"mission_id":"m"}`,
		"tournament_join": `,"payload":{"tournament_id":"t"}`, "tournament_score": `,"payload":{"contest_id":"t","score":-5}`,
		"tournament_update": `,"payload":{"tournament_id":"t"}`, "tournament_reward": `,"payload":{"tournament_id":"t"}`,
		"reward_issued": `,"payload":{"reward_id":"r"}`, "rg_event": `,"payload":{"type":"self_exclusion"}`,
		"purchase":     `,"payload":{"amount":12.5,"currency":"GBP","order_id":"o"}`,
		"match_result": `,"payload":{"opponent_id":"u2","result":"win"}`,
	}
	const emitted = 1 // rank_observed: TestRankObservedConforms
	require.Len(t, rest, len(registry(t).Names())-emitted)
	for name, tail := range rest {
		head := `{"event_id":"e","name":"` + name + `","ts":"2025-10-25T18:00Z","user_id":"u"`
		_, problem := accept(t, head+tail+`}`)
		require.Nil(t, problem, "%s: %v", name, problem)
		if tail != "" {
			_, problem := accept(t, head+`}`)
			require.NotNil(t, problem, name)
			require.Contains(t, problem.Error(), name)
		}
	}
}

const twoMajors = `
- name: match
  versions:
    - version: 2.3.0
      required: [payload.player.rank]
      types: {payload.player.rank: number, payload.open: flag, payload.seats: list, payload.table: object}
    - version: 10.0.0
    - version: "1"
`

func TestMajorVersions(t *testing.T) {
	t.Parallel()
	r, err := event.ParseRegistry([]byte(twoMajors))
	require.NoError(t, err)
	payload := func(rank any) *structpb.Struct {
		value, err := structpb.NewStruct(map[string]any{"player": map[string]any{"rank": rank}})
		require.NoError(t, err)
		return value
	}
	for version, row := range map[string]struct {
		payload *structpb.Struct
		field   string
	}{
		"":      {nil, ""},
		"1":     {nil, ""},
		"1.9.9": {nil, ""},
		"10":    {nil, ""},
		"2.0":   {payload(3), ""},
		"2":     {nil, "payload.player.rank"},
		"2.1":   {payload("x"), "payload.player.rank"},
		"2.2":   {payload(nil), "payload.player.rank"},
		"3":     {nil, "schema_version"},
		"01":    {nil, "schema_version"},
		"-1":    {nil, "schema_version"},
	} {
		e := round()
		e.Name, e.SchemaVersion, e.Payload = "match", version, row.payload
		problem := r.Normalise(e, now, futureLimit)
		if row.field == "" {
			require.Nil(t, problem, "%s: %v", version, problem)
			continue
		}
		require.NotNil(t, problem, version)
		require.Equal(t, row.field, problem.Field, version)
	}
	e := round()
	e.Name = "match"
	require.Nil(t, r.Normalise(e, now, futureLimit))
	require.Equal(t, "10.0.0", e.SchemaVersion, "10 is newer than 2")
	for field, value := range map[string]*structpb.Value{
		"open": structpb.NewStringValue("yes"), "seats": structpb.NewBoolValue(true), "table": structpb.NewNumberValue(1),
	} {
		e := round()
		e.Name, e.SchemaVersion, e.Payload = "match", "2", payload(1)
		e.Payload.Fields[field] = value
		problem := r.Normalise(e, now, futureLimit)
		require.NotNil(t, problem)
		require.Equal(t, "payload."+field, problem.Field)
	}
}

func TestParseRegistryRefuses(t *testing.T) {
	t.Parallel()
	for source, says := range map[string]string{
		`- name: Bad`:                           "must match",
		`- name: a`:                             "at least one version",
		`- {name: a, versions: [{version: x}]}`: "1.2.0",
		`- {name: a, versions: [{version: "1"}, {version: "1.1"}]}`:                      "twice",
		`[{name: a, versions: [{version: "1"}]}, {name: a, versions: [{version: "1"}]}]`: "twice",
		`- {name: a, versions: [{version: "1", required: [bet.colour]}]}`:                "bet.colour",
		`- {name: a, versions: [{version: "1", one_of: [[[payload.x], [nothing]]]}]}`:    "nothing",
		`- {name: a, versions: [{version: "1", types: {bet.currency: text}}]}`:           "under payload",
		`- {name: a, versions: [{version: "1", types: {payload.x: integer}}]}`:           "text, number",
		`- {name: a, versions: [{version: "1", colour: red}]}`:                           "colour",
		`- {name: a, versions: 7}`: "line 1",
	} {
		_, err := event.ParseRegistry([]byte(source))
		require.ErrorContains(t, err, says, source)
	}
}
