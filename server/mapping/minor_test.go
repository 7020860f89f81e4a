package mapping

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurelhq/laurel/server/money"
)

const minorMapping = `kind: Mapping
event:
  event_id: {column: id}
  name: {const: round_end}
  event_ts: {const: "2025-10-25T18:00:00Z"}
  user.id: {const: u}
  bet.amount_minor: {column: stake, minor: true}
  bet.currency: {column: currency}
  win.amount_minor: {cel: 'row["won"]', minor: true}
  win.currency: {column: won_in}
`

// withBitcoin are the currencies where XBT is published.
func withBitcoin() Exponents { return (*money.Currencies)(nil).With("XBT", 8).Exponent }

// minorUnitsOf reads a file where XBT is published.
func minorUnitsOf(t require.TestingT, m *Mapping, exponents Exponents, source string) []Unit {
	rows, err := m.OpenRows(strings.NewReader(source), Position{})
	require.NoError(t, err)
	rows.Exponents = exponents
	var all []Unit
	for {
		unit, err := rows.Next()
		if err != nil {
			return all
		}
		all = append(all, unit)
	}
}

// TestDecimalsBecomeMinorUnitsOfTheirCurrency has stakes of several currencies in one column, and what was won in that of the stake unless
// it says another.
func TestDecimalsBecomeMinorUnitsOfTheirCurrency(t *testing.T) {
	t.Parallel()
	m := parsed(t, minorMapping)
	for row, want := range map[string]string{
		"0.00001234,XBT,1,": "1234 100000000", "12.5,EUR,0.07,": "1250 7", "200,JPY,300.00,": "200 300", "1.25,KWD,0,": "1250 0",
		"12.5,EUR,0.00000001,XBT": "1250 1", "90071992.54740992,XBT,1,EUR": "9007199254740992 100", "+0.10,USD,0.1,USD": "10 10",
	} {
		unit := minorUnitsOf(t, m, withBitcoin(), "id,stake,currency,won,won_in\na,"+row+"\n")[0]
		require.Nil(t, unit.Problem, row)
		require.Equal(t, want, fmt.Sprint(unit.Event.Bet.AmountMinor, unit.Event.Win.AmountMinor), row)
	}
	for row, want := range map[string]string{
		"0.000012345,XBT,1,": "stake: line 2: bet.amount_minor: must have at most 8 decimal places, as XBT has, but is 0.000012345",
		"1.255,EUR,1,":       "stake: line 2: bet.amount_minor: must have at most 2 decimal places, as EUR has, but is 1.255",
		"1,EUR,0.5,JPY":      "won: line 2: win.amount_minor: must have at most 0 decimal places, as JPY has, but is 0.5",
		"1,XBTC,1,": `currency: line 2: bet.currency: must be the ISO 4217 code of a currency such as EUR, or the id of a published Currency, ` +
			`but is "XBTC"`,
		"1,,1,":                 `currency: line 2: bet.currency: must be the ISO 4217 code`,
		"1,EUR,1,bitcoin":       `won_in: line 2: win.currency: must be the ISO 4217 code`,
		"1e3,EUR,1,":            `stake: line 2: bet.amount_minor: "1e3" is not a decimal number such as -12.50`,
		`"1,50",EUR,1,`:         `stake: line 2: bet.amount_minor: "1,50" is not a decimal number such as -12.50`,
		"90071992547410,EUR,1,": "stake: becomes bet.amount_minor, which must be",
		"-1,EUR,1,":             "stake: becomes bet.amount_minor, which must be",
	} {
		unit := minorUnitsOf(t, m, withBitcoin(), "id,stake,currency,won,won_in\na,"+row+"\n")[0]
		require.NotNil(t, unit.Problem, row)
		require.True(t, strings.HasPrefix(unit.Problem.Field+": "+unit.Problem.Message, want), "%s: %s: %s", row, unit.Problem.Field,
			unit.Problem.Message)
	}
}

// TestMinorUnitsWhereNothingIsSent reads amounts in a currency that only a server knows, and refuses what is no amount all the same.
// Without a server at all ISO 4217 is what is known.
func TestMinorUnitsWhereNothingIsSent(t *testing.T) {
	t.Parallel()
	m, dry := parsed(t, minorMapping), func(code string) (int, bool) {
		if exponent, known := money.Exponent(code); known {
			return exponent, true
		}
		return AnyExponent, true
	}
	const header = "id,stake,currency,won,won_in\n"
	require.Nil(t, minorUnitsOf(t, m, dry, header+"a,0.00001234,XBT,1,\n")[0].Problem)
	require.NotNil(t, minorUnitsOf(t, m, dry, header+"a,0.001,EUR,1,\n")[0].Problem)
	require.NotNil(t, minorUnitsOf(t, m, dry, header+"a,much,XBT,1,\n")[0].Problem)
	require.Equal(t, "currency", minorUnitsOf(t, m, nil, header+"a,1,XBT,1,\n")[0].Problem.Field)
	require.Nil(t, minorUnitsOf(t, m, nil, header+"a,1.00,EUR,1,\n")[0].Problem)
}

// TestSumsBecomeMinorUnitsOnce adds up rows whose amounts are no whole minor units, in the one currency they all have.
func TestSumsBecomeMinorUnitsOnce(t *testing.T) {
	t.Parallel()
	m := parsed(t, `kind: Mapping
group_by: row["id"]
event:
  event_id: {column: id}
  name: {const: deposit}
  event_ts: {const: "2025-10-25T18:00:00Z"}
  user.id: {const: u}
  payload.amount_minor: {sum: [n, price], minor: true}
  payload.fee_minor: {const: 0.00001, minor: true}
  payload.currency: {column: currency}
`)
	rapid.Check(t, func(t *rapid.T) {
		var source strings.Builder
		source.WriteString("id,n,price,currency\n")
		sum := new(big.Rat)
		for range rapid.IntRange(1, 5).Draw(t, "rows") {
			n, price := rapid.IntRange(0, 1000).Draw(t, "n"), rapid.StringMatching(`[0-9]{1,3}(\.[0-9]{1,9})?`).Draw(t, "price")
			fmt.Fprintf(&source, "a,%d,%s,XBT\n", n, price)
			line, _ := new(big.Rat).SetString(price)
			sum.Add(sum, line.Mul(line, big.NewRat(int64(n), 1)))
		}
		unit := minorUnitsOf(t, m, withBitcoin(), source.String())[0]
		if want := sum.Mul(sum, big.NewRat(100_000_000, 1)); !want.IsInt() {
			require.Equal(t, "n, price", unit.Problem.Field)
			require.Contains(t, unit.Problem.Message, "payload.amount_minor: must have at most 8 decimal places, as XBT has, but is")
			return
		}
		require.Nil(t, unit.Problem)
		got := new(big.Rat)
		got.SetFloat64(unit.Event.Payload.Fields["amount_minor"].GetNumberValue())
		require.Zero(t, sum.Cmp(got), "%s instead of %s", got, sum)
		require.InDelta(t, 1000, unit.Event.Payload.Fields["fee_minor"].GetNumberValue(), 0)
	})
	unit := minorUnitsOf(t, m, withBitcoin(), "id,n,price,currency\na,1,1,XBT\na,1,1,EUR\n")[0]
	require.Equal(t, "currency", unit.Problem.Field)
	require.Equal(t, `line 3: payload.currency: must be that of the rows before, "XBT", since amounts are added up, but is "EUR"`,
		unit.Problem.Message)
}

// TestWhatCanNotBecomeMinorUnits is told before the first row is read.
func TestWhatCanNotBecomeMinorUnits(t *testing.T) {
	t.Parallel()
	for change, want := range map[string]string{
		"bet.currency: {column: currency}>market: {column: currency}": `event["bet.amount_minor"].minor: needs the currency of the amount: say ` +
			`where bet.currency comes from`,
		"bet.currency: {column: currency}>bet.currency: {column: currency, minor: true}": `event["bet.currency"].minor: is for fields in minor ` +
			`units, such as bet.amount_minor`,
		`{cel: 'row["won"]', minor: true}>{cel: 'number(row["won"])', minor: true}`: `event["win.amount_minor"].cel: must give an exact amount, ` +
			`which is text such as row["X"] or a whole number, but gives double`,
		"{column: stake, minor: true}>{count: rows, minor: true}": `event["bet.amount_minor"].minor: goes with const, column, cel or sum`,
	} {
		old, now, _ := strings.Cut(change, ">")
		_, err := Parse("m.yaml", []byte(strings.Replace(minorMapping, old, now, 1)))
		require.ErrorContains(t, err, want)
	}
}
