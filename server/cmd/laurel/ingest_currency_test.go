package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/gen/laurel/v1/laurelv1connect"
	"github.com/laurelhq/laurel/server/client"
	"github.com/laurelhq/laurel/server/mapping"
)

const decimalMapping = `kind: Mapping
event:
  event_id: {column: id}
  name: {const: round_end}
  event_ts: {const: "2025-10-25T18:00:00Z"}
  user.id: {column: player}
  bet.amount_minor: {column: amount, minor: true}
  bet.currency: {column: currency}
`

// written writes a file into a folder of the test.
func written(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// TestDecimalAmountsOfAFile plays a file whose column of amounts is in XBT here and in EUR there through the whole server: each counts by
// the decimal places of its own currency, and one that has more of them is refused with its column.
func TestDecimalAmountsOfAFile(t *testing.T) {
	t.Parallel()
	contest := func(currency, precision string) string {
		return "---\nkind: Contest\nid: " + strings.ToLower(currency) + "\nwindow: {start: 2025-10-25, end: 2025-10-25}\nscoring: {formula: " +
			"bet.amount, currency: " + currency + ", precision: " + precision + "}\nleaderboard: {type: sum}\n"
	}
	rules := filepath.Dir(written(t, "a.yaml", "kind: Currency\nid: XBT\nexponent: 8\n"+contest("XBT", "4")+contest("EUR", "2")))
	file, columns := written(t, "bets.csv", `id,player,amount,currency
1,u1,0.00120000,XBT
2,u1,12.5,EUR
3,u2,0.0034,XBT
4,u2,0.01,EUR
5,u2,0.001,EUR
6,u2,0.000000001,XBT
7,u2,1,XBTC
`), written(t, "mapping.yaml", decimalMapping)
	at := startDev(t, "LAUREL_CLOCK=event", "LAUREL_RULES="+rules)
	settings := []string{"LAUREL_URL=" + at, "LAUREL_API_KEY=k"}
	out, err := runVerb(t, settings, "ingest", file, "--mapping", columns)
	require.Error(t, err, "three events were refused")
	for _, line := range []string{
		"4 events accepted", "line 6: 5 amount line 6: bet.amount_minor: must have at most 2 decimal places, as EUR has, but is 0.001",
		"line 7: 6 amount line 7: bet.amount_minor: must have at most 8 decimal places, as XBT has, but is 0.000000001",
		`line 8: 7 currency line 8: bet.currency: must be the ISO 4217 code`,
	} {
		assert.Contains(t, out, line)
	}
	w := newWeb(t, at, "k")
	for id, want := range map[string][]boardRow{
		"xbt": {{1, "u2", "0.0034"}, {2, "u1", "0.0012"}}, "eur": {{1, "u1", "12.5"}, {2, "u2", "0.01"}},
	} {
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			rows, _ := w.wholeBoard(t, id)
			assert.Equal(c, want, rows)
		}, patience, waitStep)
	}
	out, err = runVerb(t, settings, "ingest", "--dry-run", file, "--mapping", columns)
	require.Error(t, err)
	assert.Contains(t, out, "6 events could be read", "of a currency that only the server knows nothing is checked")
	assert.Contains(t, out, "as EUR has, but is 0.001")
}

// definitions is a server that has published XBT.
type definitions struct {
	laurelv1connect.UnimplementedCatalogServiceHandler
	calls map[string]int
	fail  error
}

func (d *definitions) GetDefinition(_ context.Context, request *laurelv1.GetDefinitionRequest) (*laurelv1.GetDefinitionResponse, error) {
	d.calls[request.GetId()]++
	switch {
	case d.fail != nil && d.calls[request.GetId()] == 1:
		return nil, d.fail
	case request.GetKind() == "Currency" && request.GetId() == "XBT":
		return &laurelv1.GetDefinitionResponse{Definition: &laurelv1.Definition{Yaml: "kind: Currency\nid: XBT\nexponent: 8\n"}}, nil
	}
	return nil, connect.NewError(connect.CodeNotFound, errors.New("there is no such definition"))
}

// knowing returns what a file's currencies are taken for by a server that first fails like that.
func knowing(t *testing.T, fail error) (*definitions, *ingestCurrencies, mapping.Exponents) {
	t.Helper()
	d := &definitions{calls: map[string]int{}, fail: fail}
	path, handler := laurelv1connect.NewCatalogServiceHandler(d)
	mux := http.NewServeMux()
	mux.Handle("/rpc"+path, http.StripPrefix("/rpc", handler))
	front := httptest.NewServer(mux)
	t.Cleanup(front.Close)
	server := client.Server{URL: front.URL, Key: "k"}
	currencies := newIngestCurrencies(server, newIngestSender(server, patience, false))
	return d, currencies, currencies.exponents(t.Context())
}

// TestServerIsAskedOnceForACurrency asks for what is published, what ISO 4217 has, and what nobody knows; what can't be a code is not asked
// for.
func TestServerIsAskedOnceForACurrency(t *testing.T) {
	t.Parallel()
	d, currencies, exponents := knowing(t, busy(t))
	for range 3 {
		for code, want := range map[string]int{"XBT": 8, "EUR": 2, "JPY": 0, "XBTC": -1, "": -1, "euro": -1} {
			exponent, known := exponents(code)
			require.Equal(t, want >= 0, known, code)
			require.Equal(t, max(0, want), exponent, code)
		}
	}
	require.NoError(t, currencies.err)
	require.Equal(t, map[string]int{"XBT": 2, "EUR": 2, "JPY": 2, "XBTC": 2}, d.calls, "each was asked for again after the server was busy")
}

// TestKeyThatMayNotReadDefinitions knows ISO 4217 all the same; for other currencies the run ends and says what the key lacks.
func TestKeyThatMayNotReadDefinitions(t *testing.T) {
	t.Parallel()
	_, currencies, exponents := knowing(t, connect.NewError(connect.CodePermissionDenied, errors.New("this needs read")))
	exponent, known := exponents("EUR")
	require.True(t, known)
	require.Equal(t, 2, exponent)
	require.NoError(t, currencies.err)
	_, known = exponents("XBT")
	require.False(t, known)
	require.ErrorContains(t, currencies.err, "how many decimal places XBT has is among the definitions, for which the key needs the scope "+
		"read")
}

// TestAColumnOfTheWrongKindIsNotAskedForEver stops at some number of codes.
func TestAColumnOfTheWrongKindIsNotAskedForEver(t *testing.T) {
	t.Parallel()
	d, currencies, exponents := knowing(t, nil)
	for i := range maxCurrenciesAsked + 10 {
		exponents(fmt.Sprintf("A%d", i))
	}
	require.ErrorContains(t, currencies.err, "does the mapping take them from the right column?")
	require.Len(t, d.calls, maxCurrenciesAsked)
}

// TestNothingIsSentThatCouldNotBeScaled stops a run whose server tells nothing of currencies.
func TestNothingIsSentThatCouldNotBeScaled(t *testing.T) {
	t.Parallel()
	server, url := receive(t, nil)
	file, columns := written(t, "bets.csv", "id,player,amount,currency\n1,u,1,XBT\n"), written(t, "mapping.yaml", decimalMapping)
	_, err := runIngest(t.Context(), t, "--url="+url, "--retry-for=5ms", "--mapping="+columns, file)
	require.ErrorContains(t, err, "ask how many decimal places XBT has")
	require.ErrorContains(t, err, "0 rows are done")
	require.Empty(t, server.ids)
}
