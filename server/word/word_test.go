package word_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurelhq/laurel/server/word"
)

// TestClipKeepsWhatFits clips any bytes: the result is valid, short enough, the text itself when that fits, and else its beginning with a
// mark.
func TestClipKeepsWhatFits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "text")
		limit := rapid.IntRange(3, 40).Draw(t, "limit")
		got := word.Clip(whole, limit)
		require.True(t, utf8.ValidString(got))
		switch valid := strings.ToValidUTF8(whole, "?"); {
		case len(whole) <= limit:
			require.Equal(t, valid, got)
		case utf8.ValidString(whole):
			kept, marked := strings.CutSuffix(got, "…")
			require.True(t, marked)
			require.LessOrEqual(t, len(got), limit)
			require.True(t, strings.HasPrefix(whole, kept))
			require.Greater(t, len(got), limit-utf8.UTFMax, "nothing is cut that fits")
		default:
			require.True(t, strings.HasSuffix(got, "…"))
			require.LessOrEqual(t, len(got), limit)
		}
	})
	require.Equal(t, `"a\nb"`, word.Quote("a\nb"))
}

func TestNearestNamesWhatWasMeant(t *testing.T) {
	t.Parallel()
	names := []string{"formula", "filter", "min_bet_minor", "eventId", "event_ts"}
	for written, want := range map[string]string{
		"fromula": "formula", "formla": "formula", "min_bet": "min_bet_minor", "Min_Bet_Minr": "min_bet_minor", "event_id": "eventId", "xyz": "",
		"": "", "zz": "",
		"f": "", "eventdI": "eventId", strings.Repeat("formula", 50): "",
	} {
		require.Equal(t, want, word.Meant(written, names), written)
	}
	require.Equal(t, []string{"bet", "best"}, word.Nearest("bet", []string{"best", "multiplier", "bet"}))
}

// swapped exchanges a letter with its neighbour.
func swapped(name string, at int) string {
	letters := []byte(name)
	next := (at + 1) % len(letters)
	if next == 0 {
		return name
	}
	letters[at], letters[next] = letters[next], letters[at]
	return string(letters)
}

// TestOneSlipIsForgiven changes a name of four letters or more in one place: the name is told, and before any that is further away.
func TestOneSlipIsForgiven(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[a-z_]{4,20}`).Draw(t, "name")
		at := rapid.IntRange(0, len(name)-1).Draw(t, "at")
		letter := rapid.StringMatching(`[a-z]`).Draw(t, "letter")
		slips := map[string]string{"left out": name[:at] + name[at+1:], "put in": name[:at] + letter + name[at:], "another": name[:at] + letter +
			name[at+1:], "swapped": swapped(name, at)}
		slip := slips[rapid.SampledFrom([]string{"left out", "put in", "another", "swapped"}).Draw(t, "slip")]
		other := strings.Repeat("0", 24)
		require.Equal(t, []string{name}, word.Nearest(slip, []string{other, name}))
	})
}
