package main

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// retailBooks is what the file comes to when it is read row by row in exact fractions, without the mapping.
type retailBooks struct {
	top                                     []boardRow
	rows, noCustomer, cancelled, both, kept int64
	invoices, free                          int64
}

// basket is one invoice.
type basket struct {
	number, customer, at string
	amount               *big.Rat
}

// keepBooks reads the columns InvoiceNo, Quantity, InvoiceDate, UnitPrice and CustomerID.
func keepBooks(t *testing.T, path string) retailBooks {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	records, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	books, baskets := retailBooks{}, []*basket{}
	for _, record := range records[1:] {
		books.rows++
		cancelled, unknown := strings.HasPrefix(record[0], "C"), record[6] == ""
		switch {
		case cancelled && unknown:
			books.both++
			fallthrough
		case cancelled || unknown:
			if cancelled {
				books.cancelled++
			}
			if unknown {
				books.noCustomer++
			}
			continue
		}
		books.kept++
		quantity, ok := new(big.Rat).SetString(record[3])
		require.True(t, ok, record[3])
		price, ok := new(big.Rat).SetString(record[5])
		require.True(t, ok, record[5])
		if price.Sign() == 0 {
			books.free++
		}
		if len(baskets) == 0 || baskets[len(baskets)-1].number != record[0] {
			baskets = append(baskets, &basket{record[0], strings.TrimSuffix(record[6], ".0"), record[4], new(big.Rat)})
		}
		open := baskets[len(baskets)-1]
		open.amount.Add(open.amount, quantity.Mul(quantity, price))
	}
	books.invoices, books.top = int64(len(baskets)), bestThreeBaskets(baskets)
	return books
}

// bestThreeBaskets ranks customers by their three biggest invoices, then by who made the last of them earlier, then by id.
func bestThreeBaskets(baskets []*basket) []boardRow {
	own := map[string][]*basket{}
	for _, b := range baskets {
		own[b.customer] = append(own[b.customer], b)
	}
	type customer struct {
		id, finish string
		sum        *big.Rat
	}
	all := make([]customer, 0, len(own))
	for id, list := range own {
		slices.SortStableFunc(list, func(a, b *basket) int { return cmp.Or(b.amount.Cmp(a.amount), cmp.Compare(a.at, b.at)) })
		c := customer{id: id, sum: new(big.Rat)}
		for _, b := range list[:min(3, len(list))] {
			c.sum.Add(c.sum, b.amount)
			if b.amount.Sign() != 0 {
				c.finish = max(c.finish, b.at)
			}
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b customer) int {
		return cmp.Or(b.sum.Cmp(a.sum), cmp.Compare(a.finish, b.finish), cmp.Compare(a.id, b.id))
	})
	rows := make([]boardRow, len(all))
	for i, c := range all {
		text := strings.TrimRight(strings.TrimRight(c.sum.FloatString(2), "0"), ".")
		rows[i] = boardRow{int64(i + 1), c.id, json.Number(text)}
	}
	return rows
}

// TestRetailInvoicesBecomeABoard plays the sample of a shop's invoices through as if it were live, twice.
func TestRetailInvoicesBecomeABoard(t *testing.T) {
	t.Parallel()
	shipped, err := filepath.Abs(filepath.Join("..", "..", "..", "rules", "online-retail"))
	require.NoError(t, err)
	books := keepBooks(t, filepath.Join(shipped, "sample.csv"))
	require.Equal(t, int64(161), books.rows)
	require.Positive(t, books.noCustomer*books.cancelled*books.both*books.free, "the sample has every case")
	at := startDev(t, "LAUREL_CLOCK=event", "LAUREL_RULES="+shipped)
	w := newWeb(t, at, "k")
	for _, fresh := range []bool{true, false} {
		into := filepath.Join(t.TempDir(), "report.json")
		_, err := runVerb(t, []string{"LAUREL_URL=" + at, "LAUREL_API_KEY=k"}, "ingest", filepath.Join(shipped, "sample.csv"),
			"--mapping", filepath.Join(shipped, "mapping.yaml"), "--report", into, "--progress", into+".progress")
		require.NoError(t, err)
		books.compare(t, into, fresh)
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			rows, stale := w.wholeBoard(t, "retail_best_baskets")
			assert.Equal(c, books.top, rows)
			assert.False(c, stale)
		}, patience, waitStep)
	}
	require.Eventually(t, func() bool { return w.board(t, "retail_best_baskets", "top=1").Status == "live" }, patience, waitStep,
		"the clock stands at the last invoice")
}

// compare wants the report to account for each row by its true reason.
func (b retailBooks) compare(t *testing.T, report string, fresh bool) {
	t.Helper()
	content, err := os.ReadFile(report)
	require.NoError(t, err)
	var got struct {
		Rows     int64            `json:"rows"`
		Events   map[string]int64 `json:"events"`
		RowsOf   map[string]int64 `json:"rows_of"`
		Refused  map[string]int64 `json:"refused_by_reason"`
		Combined map[string]int64 `json:"refused_by_combination"`
		Noted    map[string]int64 `json:"noted_in_events"`
	}
	require.NoError(t, json.Unmarshal(content, &got))
	events, rows := map[string]int64{"accepted": b.invoices, "duplicates": 0, "rejected": 0}, map[string]int64{
		"accepted": b.kept, "duplicates": 0, "rejected": 0, "refused": b.noCustomer + b.cancelled - b.both, "unreadable": 0, "blank": 0,
	}
	if !fresh {
		events["accepted"], events["duplicates"] = 0, b.invoices
		rows["accepted"], rows["duplicates"] = 0, b.kept
	}
	require.Equal(t, b.rows, got.Rows)
	require.Equal(t, events, got.Events)
	require.Equal(t, rows, got.RowsOf)
	require.Equal(t, map[string]int64{"no customer": b.noCustomer, "cancelled": b.cancelled}, got.Refused)
	require.Equal(t, b.both, got.Combined["no customer + cancelled"])
	require.Equal(t, b.free, got.Noted["zero price"])
}
