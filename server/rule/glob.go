package rule

import "strings"

// glob is a pattern over a game's id: * stands for any run of characters, ? for one.
type glob struct {
	pattern string
	prefix  string // what stands before a single * at the end
	kind    globKind
}

type globKind uint8

const (
	globLiteral globKind = iota
	globPrefix
	globGeneral
)

func newGlob(pattern string) glob {
	switch at := strings.IndexAny(pattern, "*?"); {
	case at < 0:
		return glob{pattern: pattern, kind: globLiteral}
	case at == len(pattern)-1 && pattern[at] == '*':
		return glob{pattern: pattern, prefix: pattern[:at], kind: globPrefix}
	default:
		return glob{pattern: pattern, kind: globGeneral}
	}
}

func (g glob) match(text string) bool {
	switch g.kind {
	case globLiteral:
		return text == g.pattern
	case globPrefix:
		return strings.HasPrefix(text, g.prefix)
	default:
		return matchGlob(g.pattern, text)
	}
}

// matchGlob walks both strings and goes back only to the last *, so its time is at most the product of the lengths.
func matchGlob(pattern, text string) bool {
	p, t := 0, 0
	star, resume := -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, t
			p++
		case p < len(pattern) && pattern[p] == '?':
			p++
			t += runeLength(text, t)
		case p < len(pattern) && pattern[p] == text[t]:
			p++
			t++
		case star >= 0:
			resume += runeLength(text, resume)
			p, t = star+1, resume
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// runeLength is the number of bytes of the character at a place; a broken one counts as a single byte.
func runeLength(text string, at int) int {
	end := at + 1
	for end < len(text) && end < at+4 && text[end]&0xC0 == 0x80 && text[at] >= 0xC0 {
		end++
	}
	return end - at
}
