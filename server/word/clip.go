package word

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// ellipsis marks what was cut.
	ellipsis = "…"
	// maxQuoted is how many bytes of a value are shown within quotes.
	maxQuoted = 64
)

// Clip makes text valid UTF-8 of at most limit bytes, which must be 3 or more; what was cut is marked by an ellipsis.
func Clip(text string, limit int) string {
	cut := len(text) > limit
	if cut {
		end := limit - len(ellipsis)
		for end > 0 && !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end]
	}
	text = strings.ToValidUTF8(text, "?")
	if cut {
		text += ellipsis
	}
	return text
}

// Quote shows a value within quotes, short and printable.
func Quote(value string) string { return strconv.Quote(Clip(value, maxQuoted)) }
