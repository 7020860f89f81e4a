package store

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	entdialect "entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"golang.org/x/text/unicode/norm"
)

// A text is found wherever it stands in another, in either case. Characters that differ in case only, by Unicode's simple case folding,
// are one: Ä and ä; Σ, σ and ς; ß and ẞ. All others are different ones: accents count, ß is not ss, and I is neither İ nor ı, whatever the
// language. It does not matter whether the wanted text has its accents composed or apart. The lower and upper of databases know other
// letters on each of them and are never asked.

// Finder returns what reports whether a text has the wanted one in it.
func Finder(wanted string) func(text string) bool {
	forms := formsOf(wanted)
	for i := range forms {
		forms[i] = strings.Map(caseless, forms[i])
	}
	return func(text string) bool {
		text = strings.Map(caseless, text)
		return slices.ContainsFunc(forms, func(form string) bool { return strings.Contains(text, form) })
	}
}

// HasText is a predicate of ent: one of the columns has the wanted text in it.
func HasText(wanted string, columns ...string) func(*entsql.Selector) {
	return func(rows *entsql.Selector) {
		dialect := SQLite
		if rows.Dialect() == entdialect.Postgres {
			dialect = Postgres
		}
		operator, patterns := dialect.finding(wanted)
		var found []*entsql.Predicate
		for _, column := range columns {
			for _, pattern := range patterns {
				found = append(found, entsql.P(func(b *entsql.Builder) {
					b.WriteString(rows.C(column) + operator).Arg(pattern)
				}))
			}
		}
		rows.Where(entsql.Or(found...))
	}
}

// finding is how a statement finds a text in a column: COLUMN operator PATTERN, with one of the patterns or the other.
func (d Dialect) finding(wanted string) (operator string, patterns []string) {
	operator, begin, end, literal := " GLOB ", "*", "*", globLiteral
	if d == Postgres {
		operator, begin, end, literal = " ~ ", "", "", regexp.QuoteMeta
	}
	for _, form := range formsOf(wanted) {
		pattern := begin
		for _, r := range form {
			if cases := casesOf(r); len(cases) > 1 {
				pattern += "[" + string(cases) + "]"
			} else {
				pattern += literal(string(r))
			}
		}
		patterns = append(patterns, pattern+end)
	}
	return operator, patterns
}

// globSigns keeps the signs of GLOB as they are.
var globSigns = strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]")

func globLiteral(text string) string { return globSigns.Replace(text) }

// formsOf are the ways in which a text may be stored: with its accents composed, as it was written, and with its accents apart.
func formsOf(text string) []string {
	return slices.Compact([]string{norm.NFC.String(text), text, norm.NFD.String(text)})
}

// casesOf are the characters that differ from one in case only, and itself.
func casesOf(r rune) []rune {
	cases := []rune{r}
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		cases = append(cases, other)
	}
	return cases
}

// caseless is the same for all cases of a character.
func caseless(r rune) rune {
	switch {
	case 'a' <= r && r <= 'z':
		return r - 'a' + 'A'
	case r <= unicode.MaxASCII:
		return r
	}
	return slices.Min(casesOf(r))
}
