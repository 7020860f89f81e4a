package rule

import (
	"math"
	"math/bits"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

const (
	microsPerOne = 1_000_000
	// maxUnits bounds |units| and multipliers in micros: beyond 2^53 a rank engine could not hold a score exactly.
	maxUnits = int64(1) << 53
)

// multiplierOf is the win by the stake: as the game reports it, else amount by amount. The outcome says why there is none.
func multiplierOf(e *laurelv1.Event) (float64, Outcome) {
	win := e.GetWin()
	switch {
	case win != nil && win.Multiplier != nil:
		return win.GetMultiplier(), Counted
	case e.GetBet().GetAmountMinor() <= 0:
		return 0, NoStake
	case mixedCurrency(e):
		return 0, MixedCurrency
	default:
		return float64(win.GetAmountMinor()) / float64(e.Bet.GetAmountMinor()), Counted
	}
}

// multiplierMicros is the multiplier in millionths, rounded half to even, at most 2^53; 0 when there is none. Win by stake is computed as
// an exact fraction, so that equal multipliers tie on every machine.
func multiplierMicros(e *laurelv1.Event) int64 {
	win := e.GetWin()
	if win != nil && win.Multiplier != nil {
		micros := math.RoundToEven(win.GetMultiplier() * microsPerOne)
		if !(micros > 0) {
			return 0
		}
		return int64(min(micros, float64(maxUnits)))
	}
	stake := e.GetBet().GetAmountMinor()
	if stake <= 0 || win.GetAmountMinor() <= 0 || mixedCurrency(e) {
		return 0
	}
	return ratioMicros(uint64(win.GetAmountMinor()), uint64(stake))
}

// ratioMicros is numerator / denominator in millionths, rounded half to even, at most 2^53.
func ratioMicros(numerator, denominator uint64) int64 {
	high, low := bits.Mul64(numerator, microsPerOne)
	if high >= denominator {
		return maxUnits
	}
	quotient, remainder := bits.Div64(high, low, denominator)
	rest := denominator - remainder // remainder < denominator, so this is > 0 and the comparison can't overflow
	if remainder > rest || remainder == rest && quotient&1 == 1 {
		quotient++
	}
	return int64(min(quotient, uint64(maxUnits)))
}
