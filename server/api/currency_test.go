package api_test

import (
	"testing"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	laurel "github.com/laurelhq/laurel/gen/laurel/v1/laurelv1connect"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/identity"
)

// TestKindsOverRPC publishes a currency and a contest with a pool in it, and reads both.
func TestKindsOverRPC(t *testing.T) {
	t.Parallel()
	b := setup(t)
	service := laurel.NewCatalogServiceClient(client(t, b.key(t, identity.ScopeAdmin), false), b.url+"/rpc")
	const bitcoin = "kind: Currency\nid: XBT\nexponent: 8\n"
	const pool = "kind: Contest\nid: c9\nwindow: {start: 2025-10-25T18:00Z, end: 2025-10-25T19:00Z}\nscoring: {formula: " +
		"bet.amount}\nleaderboard: {type: sum}\n" +
		"prizes: {distribution: ladder, pool: {currency: XBT, total_minor: 150000000}}\n"
	checked, err := service.CheckDefinition(t.Context(), &laurelv1.CheckDefinitionRequest{Yaml: pool})
	require.NoError(t, err)
	require.Len(t, checked.GetProblems(), 1)
	assert.Equal(t, "prizes.pool.currency", checked.GetProblems()[0].GetField())
	checked, err = service.CheckDefinition(t.Context(), &laurelv1.CheckDefinitionRequest{Yaml: bitcoin})
	require.NoError(t, err)
	assert.Empty(t, checked.GetProblems())
	assert.Equal(t, "Currency XBT", checked.GetKind()+" "+checked.GetId())
	assert.Nil(t, checked.GetPlan(), "a currency needs none")

	for _, yaml := range []string{bitcoin, pool} {
		_, err = service.PublishDefinition(t.Context(), &laurelv1.PublishDefinitionRequest{Yaml: yaml})
		require.NoError(t, err)
	}
	_, err = service.PublishDefinition(t.Context(), &laurelv1.PublishDefinitionRequest{Yaml: "kind: Currency\nid: XBT\nexponent: 9\n"})
	assert.Equal(t, connect.CodeInvalidArgument, connect.CodeOf(err))
	shown, err := laurel.NewContestServiceClient(client(t, b.key(t, identity.ScopeRead), false), b.url+"/rpc").
		GetContest(t.Context(), &laurelv1.GetContestRequest{Id: "c9"})
	require.NoError(t, err)
	assert.Equal(t, int32(8), shown.GetPlan().GetPoolExponent())
	assert.Equal(t, laurelv1.PointsCurrency_POINTS_CURRENCY_UNNAMED, shown.GetPlan().GetPointsCurrency())
	listed, err := service.ListDefinitions(t.Context(), &laurelv1.ListDefinitionsRequest{Kind: "Currency"})
	require.NoError(t, err)
	require.Len(t, listed.GetDefinitions(), 1)
	assert.Equal(t, "XBT", listed.GetDefinitions()[0].GetId())

	_, err = service.ListDefinitions(t.Context(), &laurelv1.ListDefinitionsRequest{Kind: "Currencies"})
	assert.Equal(t, connect.CodeInvalidArgument, connect.CodeOf(err))
	require.ErrorContains(t, err, `kind "Currencies" is not a kind; `)
	require.ErrorContains(t, err, "the kinds are Contest, ExchangeRates, Currency")
	_, err = service.ListDefinitionVersions(t.Context(), &laurelv1.ListDefinitionVersionsRequest{Kind: "contest", Id: "c9"})
	assert.Equal(t, connect.CodeInvalidArgument, connect.CodeOf(err))
	require.ErrorContains(t, err, `kind "contest" is not a kind; did you mean Contest? `)
}

// TestNotesOverRPC checks contests of which an author should know something, and one with a problem, of which nothing is said yet.
func TestNotesOverRPC(t *testing.T) {
	t.Parallel()
	b := setup(t)
	service := laurel.NewCatalogServiceClient(client(t, b.key(t, identity.ScopeRead), false), b.url+"/rpc")
	notes := func(scoring string) (texts []string, warnings int) {
		checked, err := service.CheckDefinition(t.Context(), &laurelv1.CheckDefinitionRequest{Yaml: "kind: Contest\nid: c\n" +
			"window: {start: 2025-10-25T18:00Z, end: 2025-10-25T19:00Z}\nleaderboard: {type: sum}\nscoring: " + scoring + "\n"})
		require.NoError(t, err)
		for _, note := range checked.GetNotes() {
			texts = append(texts, note.GetText())
			if note.GetWarning() {
				warnings++
			}
		}
		return texts, warnings
	}
	texts, warnings := notes("{formula: win.amount, min_bet_minor: 100}")
	require.Len(t, texts, 2)
	assert.Equal(t, 2, warnings)
	assert.Contains(t, texts[0], "200 JPY count as 200 beside 2 EUR as 2")
	assert.NotContains(t, texts[0], "Warning")
	assert.Contains(t, texts[1], "min_bet_minor")
	texts, warnings = notes("{formula: win.amount, currency: EUR}")
	require.Len(t, texts, 1)
	assert.Zero(t, warnings)
	assert.Contains(t, texts[0], "Currency: points are counted in EUR")
	texts, _ = notes("{formula: win.amount, currency: NONE}")
	assert.Empty(t, texts)
}

// TestContestsAreFoundByTitleInEitherCase lists by a text that is no ASCII.
func TestContestsAreFoundByTitleInEitherCase(t *testing.T) {
	t.Parallel()
	b := setup(t)
	yaml := "kind: Contest\nid: c\ntitle: ÄPFEL-Cup İ\nwindow: {start: 2025-10-25T18:00Z, end: 2025-10-25T19:00Z}\n" +
		"leaderboard: {type: count}\n"
	_, _, err := b.catalog.Publish(t.Context(), catalog.Publication{Yaml: yaml, By: "test"})
	require.NoError(t, err)
	require.NoError(t, b.contests.Sync(t.Context()))
	service := laurel.NewContestServiceClient(client(t, b.key(t, identity.ScopeRead), false), b.url+"/rpc")
	for text, found := range map[string]int{"äpfel": 1, "ÄPFEL-CUP": 1, "A\u0308pfel": 1, "apfel": 0, "İ": 1, "ı": 0, "": 1, "C": 1} {
		listed, err := service.ListContests(t.Context(), &laurelv1.ListContestsRequest{Text: text})
		require.NoError(t, err)
		assert.Len(t, listed.GetContests(), found, text)
	}
}
