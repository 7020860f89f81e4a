package word_test

import (
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurelhq/laurel/server/word"
)

func TestNamesShowWhatTheyAre(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"", "Sprint", "Ana María", "می‌خواهم", "👩\u200d🚀", "👁\ufe0f\u200d🗨\ufe0f",
		"🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
		"春节 · 冲刺", "a\u00a0b", "e\u0301", "\u06dd1", "⚡", "😀", "100 %"} {
		require.Empty(t, word.NameProblem(good), "%q", good)
	}
	for name, bad := range map[string]string{
		"U+000A as its character 2": "a\nb", "U+000D": "a\rb", "U+0009": "\ta", "U+0000": "a\x00", "U+007F": "a\x7f", "U+0085": "a\u0085",
		"U+202A": "\u202aa", "U+202E as its character 5": "Äpfe\u202el", "U+2066": "a\u2066", "U+2069": "a\u2069", "U+200E": "a\u200e",
		"U+200F": "a\u200f", "U+061C": "a\u061c", "U+200B": "a\u200bb", "U+2060": "a\u2060b", "U+FEFF": "\ufeffa", "U+00AD": "a\u00adb",
		"U+2028": "a\u2028b", "U+2029": "a\u2029b", "U+3164": "\u3164", "U+034F": "a\u034fb", "U+180E": "a\u180eb", "U+FFF9": "\ufff9a",
		"U+E0061": "a\U000e0061", "nothing in it": " \u200d\ufe0f ",
	} {
		require.Contains(t, word.NameProblem(bad), name, "%q", bad)
	}
}

// TestNamesOfAnyScriptAreTaken writes letters, marks and digits of any script, with a joiner between: they are names, and none is any more
// with a character of the text's direction anywhere in it.
func TestNamesOfAnyScriptAreTaken(t *testing.T) {
	t.Parallel()
	letter := rapid.RuneFrom(nil, unicode.Ll, unicode.Lu, unicode.Nd, unicode.Arabic, unicode.Han, unicode.Devanagari).
		Filter(func(r rune) bool {
			return unicode.In(r, unicode.L, unicode.Nd) && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
		})
	turn := rapid.RuneFrom(nil, unicode.Bidi_Control, unicode.Cc)
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.SliceOfN(letter, 1, 20).Draw(t, "letters")
		at := rapid.IntRange(0, len(letters)).Draw(t, "at")
		with := func(r rune) string { return string(letters[:at]) + string(r) + string(letters[at:]) }
		require.Empty(t, word.NameProblem(string(letters)))
		require.Empty(t, word.NameProblem(with('\u200c')))
		require.Empty(t, word.NameProblem(with('\u200d')))
		require.NotEmpty(t, word.NameProblem(with(turn.Draw(t, "turn"))))
	})
}
