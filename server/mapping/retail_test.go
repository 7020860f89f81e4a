package mapping

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
)

func shipped(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "rules", "online-retail", name))
	require.NoError(t, err)
	return content
}

func retailMapping(t testing.TB) *Mapping {
	t.Helper()
	m, err := Parse("mapping.yaml", shipped(t, "mapping.yaml"))
	require.NoError(t, err)
	return m
}

// units reads a whole source.
func units(t testing.TB, next func() (Unit, error)) []Unit {
	t.Helper()
	var all []Unit
	for {
		unit, err := next()
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all = append(all, unit)
	}
}

func rowsOf(t testing.TB, m *Mapping, source string) []Unit {
	t.Helper()
	rows, err := m.OpenRows(strings.NewReader(source), Position{})
	require.NoError(t, err)
	return units(t, rows.Next)
}

// tallied accounts for units as if the server took every event.
func tallied(t testing.TB, all []Unit) Tally {
	t.Helper()
	var tally Tally
	for _, unit := range all {
		tally.Add(unit, laurelv1.EventStatus_EVENT_STATUS_ACCEPTED, "", "")
	}
	require.NoError(t, tally.Balance())
	return tally
}

// bestThree computes each customer's three biggest invoices straight from the file, in exact arithmetic and without the mapping.
func bestThree(t testing.TB, source []byte) map[string]string {
	t.Helper()
	records, err := csv.NewReader(bytes.NewReader(source)).ReadAll()
	require.NoError(t, err)
	invoices := map[[2]string]*big.Rat{}
	for _, r := range records[1:] {
		if r[6] == "" || r[0][0] == 'C' {
			continue
		}
		key := [2]string{strings.TrimSuffix(r[6], ".0"), r[0]}
		quantity, _ := new(big.Rat).SetString(r[3])
		price, _ := new(big.Rat).SetString(r[5])
		if invoices[key] == nil {
			invoices[key] = new(big.Rat)
		}
		invoices[key].Add(invoices[key], quantity.Mul(quantity, price))
	}
	byCustomer := map[string][]*big.Rat{}
	for key, amount := range invoices {
		byCustomer[key[0]] = append(byCustomer[key[0]], amount)
	}
	best := map[string]string{}
	for customer, amounts := range byCustomer {
		slices.SortFunc(amounts, func(a, b *big.Rat) int { return b.Cmp(a) })
		sum := new(big.Rat)
		for _, amount := range amounts[:min(3, len(amounts))] {
			sum.Add(sum, amount)
		}
		best[customer] = sum.FloatString(2)
	}
	return best
}

func TestRetailSample(t *testing.T) {
	t.Parallel()
	sample := shipped(t, "sample.csv")
	all := rowsOf(t, retailMapping(t), string(sample))
	tally := tallied(t, all)
	require.Equal(t, int64(161), tally.Rows)
	require.Equal(t, EventCounts{Accepted: 34}, tally.Events)
	require.Equal(t, RowCounts{Accepted: 139, Refused: 22}, tally.RowsOf)
	require.Equal(t, map[string]int64{"no customer": 10, "cancelled": 16}, tally.RefusedByReason())
	require.Equal(t, map[string]int64{"no customer": 6, "cancelled": 12, "no customer + cancelled": 4}, tally.RefusedBy)
	require.Equal(t, map[string]int64{"zero price": 7}, tally.Noted)
	require.Equal(t, map[string]int64{"zero price": 1}, tally.NotedTaken)
	require.Equal(t, map[string]int64{"event_ts": 1}, tally.Varying, "invoice 536591 was written over the turn of a minute")

	registry, err := event.NewRegistry()
	require.NoError(t, err)
	byCustomer := map[string][]float64{}
	for _, unit := range all {
		if unit.Event == nil {
			continue
		}
		require.Nil(t, registry.Normalise(unit.Event, time.Date(2011, 1, 1, 0, 0, 0, 0, time.UTC), 0))
		user := unit.Event.User.Id
		byCustomer[user] = append(byCustomer[user], unit.Event.Payload.Fields["amount"].GetNumberValue())
	}
	oracle := bestThree(t, sample)
	require.Len(t, byCustomer, len(oracle))
	for customer, amounts := range byCustomer {
		slices.SortFunc(amounts, func(a, b float64) int { return cmp.Compare(b, a) })
		sum := new(big.Rat)
		for _, amount := range amounts[:min(3, len(amounts))] {
			sum.Add(sum, new(big.Rat).SetFloat64(amount))
		}
		require.Equal(t, oracle[customer], sum.FloatString(2), customer)
	}
	require.Equal(t, "3189.96", oracle["15061"])
	require.Equal(t, "3182.78", oracle["13777"])
}

func TestRetailEvent(t *testing.T) {
	t.Parallel()
	unit := rowsOf(t, retailMapping(t), string(shipped(t, "sample.csv")))[0]
	e := unit.Event
	require.Equal(t, "retail-536365", e.EventId)
	require.Equal(t, "purchase", e.Name)
	require.Equal(t, "17850", e.User.Id)
	require.Equal(t, time.Date(2010, 12, 1, 8, 26, 0, 0, time.UTC), e.EventTs.AsTime(), "London is on UTC in winter")
	require.Equal(t, map[string]any{"amount": 139.12, "currency": "GBP", "order_id": "536365", "lines": 7.0, "country": "United Kingdom"},
		e.Payload.AsMap())
	require.Equal(t, int64(2), unit.First)
	require.Equal(t, int64(8), unit.Last)
}

// TestRowsGoOnAnywhere reads the rest of the file from behind each unit and must find what the whole reading found.
func TestRowsGoOnAnywhere(t *testing.T) {
	t.Parallel()
	m := retailMapping(t)
	file := bytes.NewReader(shipped(t, "sample.csv"))
	rows, err := m.OpenRows(file, Position{})
	require.NoError(t, err)
	whole := units(t, rows.Next)
	for i, unit := range whole {
		rows, err := m.OpenRows(file, unit.End)
		require.NoError(t, err)
		rest := units(t, rows.Next)
		require.Len(t, rest, len(whole)-i-1)
		for j, again := range rest {
			want := whole[i+1+j]
			require.Equal(t, want.EventID, again.EventID)
			require.Equal(t, [2]int64{want.First, want.Last}, [2]int64{again.First, again.Last})
			require.Equal(t, want.End, again.End)
			require.Equal(t, want.Refused, again.Refused)
		}
	}
}
