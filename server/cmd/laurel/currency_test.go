package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestBetsFromAFileInXBT plays a file of bets in a currency that a folder of rules defines, through a mapping and the whole server; a bet
// in one that nobody knows is refused with its field.
func TestBetsFromAFileInXBT(t *testing.T) {
	t.Parallel()
	const bets = 5000
	rules, files := t.TempDir(), t.TempDir()
	write := func(folder, name, text string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	write(rules, "a.yaml", "kind: Contest\nid: stakes\nwindow: {start: 2025-10-25, end: 2025-10-25}\n"+
		"scoring: {formula: bet.amount, currency: XBT, precision: 4}\nleaderboard: {type: sum}\n---\nkind: Currency\nid: XBT\nexponent: 8\n")
	mapping := write(files, "mapping.yaml", `kind: Mapping
event:
  event_id: {cel: '"bet-" + row["id"]'}
  name: {const: round_end}
  event_ts: {column: at}
  user.id: {column: player}
  bet.amount_minor: {cel: 'integer(row["satoshi"])'}
  bet.currency: {column: currency}
`)
	var csv strings.Builder
	csv.WriteString("id,at,player,satoshi,currency\n")
	for i := range bets {
		fmt.Fprintf(&csv, "%d,2025-10-25T18:00:%02dZ,u%d,1050000,XBT\n", i, i%60, i%2)
	}
	csv.WriteString("odd,2025-10-25T18:00:00Z,u0,5,XBTC\n")
	at := startDev(t, "LAUREL_CLOCK=event", "LAUREL_RULES="+rules)
	into := filepath.Join(files, "report.json")
	out, err := runVerb(t, []string{"LAUREL_URL=" + at, "LAUREL_API_KEY=k"}, "ingest", write(files, "bets.csv", csv.String()), "--mapping",
		mapping, "--report", into)
	require.Error(t, err, "one event was refused")
	assert.Contains(t, out+err.Error(), "bet.currency")
	content, err := os.ReadFile(into)
	require.NoError(t, err)
	var report struct {
		Events map[string]int64 `json:"events"`
	}
	require.NoError(t, json.Unmarshal(content, &report))
	assert.Equal(t, map[string]int64{"accepted": bets, "duplicates": 0, "rejected": 1}, report.Events)
	w := newWeb(t, at, "k")
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		rows, _ := w.wholeBoard(t, "stakes")
		assert.Equal(c, []boardRow{{1, "u0", "26.25"}, {2, "u1", "26.25"}}, rows)
	}, patience, waitStep)
}

// TestRulesCheckSaysWhatTheCurrencyMeans has a contest of each case.
func TestRulesCheckSaysWhatTheCurrencyMeans(t *testing.T) {
	t.Parallel()
	contest := func(id, scoring string) string {
		return "kind: Contest\nid: " + id + "\nwindow: {start: 2025-10-25, end: 2025-10-25}\nscoring: {" + scoring +
			"}\nleaderboard: {type: sum}\n"
	}
	const rates = "kind: ExchangeRates\nid: ecb\nbase: EUR\ndays: [{date: 2025-10-25, rates: [{currency: XBT, rate: 95000}]}]\n"
	const bitcoin = "kind: Currency\nid: XBT\nexponent: 8\n"
	for _, one := range []struct{ name, yaml, want string }{
		{"none", contest("c", "formula: 1"), "    Currency: points are no amount of money, so none is needed.\n"},
		{"cancels", contest("c", "formula: win.amount / bet.amount"),
			"    Currency: it cancels out of the points, so all currencies count alike.\n"},
		{"named", contest("c", "formula: bet.amount, currency: EUR"),
			"    Currency: points are counted in EUR; events in other currencies do not count.\n"},
		{
			"converted", contest("c", "formula: bet.amount, currency: EUR, rates: ecb") + "---\n" + rates + "---\n" + bitcoin,
			"    Currency: points are counted in EUR; other currencies count by ecb, at the rate of the event's day, and not at all on a day " +
				"without one.\n",
		},
		{
			"filtered", contest("c", "formula: bet.amount, filter: 'bet.currency == \"EUR\"'"),
			"    Currency: points are an amount of money, and the filter lets one currency pass.\n",
		},
		{"unnamed", contest("c", "formula: bet.amount"), "    Warning: points are an amount of money and no currency is named, so 200 JPY " +
			"count as 200 beside 2 EUR as 2. "},
	} {
		file := filepath.Join(t.TempDir(), one.name+".yaml")
		require.NoError(t, os.WriteFile(file, []byte(one.yaml), 0o600))
		out, err := checkRules(t, file)
		require.NoError(t, err, out)
		assert.Contains(t, out, one.want)
	}
	file := filepath.Join(t.TempDir(), "unknown.yaml")
	require.NoError(t, os.WriteFile(file, []byte(contest("c", "formula: bet.amount, currency: XBT")), 0o600))
	out, err := checkRules(t, file)
	require.ErrorIs(t, err, errRulesProblems)
	assert.Contains(t, out, file+`:4:42: scoring.currency: "XBT" is no currency`)
}
