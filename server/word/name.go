package word

import (
	"fmt"
	"unicode"
)

// shown are the kinds of characters that leave something to see.
var shown = []*unicode.RangeTable{unicode.L, unicode.N, unicode.P, unicode.S}

// hidden are the characters that have no place in a name: controls and line ends, those that turn the text around them, and those that
// nobody sees.
var hidden = []*unicode.RangeTable{unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point}

// NameProblem says why a text can't be shown as a name, without the name of its field; empty when it can, and for an empty one. Joiners
// stay, since neither Persian nor emoji are spelt without them.
func NameProblem(name string) string {
	place, before, seen := 0, rune(0), false
	for _, r := range name {
		place++
		if hides(r, before) {
			return fmt.Sprintf("has U+%04X as its character %d, which is a control character, turns the text around it, or can't be seen; "+
				"leave it out", r, place)
		}
		before, seen = r, seen || unicode.In(r, shown...)
	}
	if name != "" && !seen {
		return "has nothing in it that can be seen; write a letter, a digit or a sign"
	}
	return ""
}

// hides reports whether a character has no place in a name behind another.
func hides(r, before rune) bool {
	const joiner, nonJoiner, blackFlag = '\u200d', '\u200c', '\U0001f3f4'
	tag := func(r rune) bool { return r >= '\U000e0020' && r <= '\U000e007f' }
	switch {
	case r == joiner, r == nonJoiner, unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return false
	case tag(r): // the flags of England, Scotland and Wales are spelt with them
		return before != blackFlag && !tag(before)
	}
	return unicode.In(r, hidden...)
}
