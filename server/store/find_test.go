package store_test

import (
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// found asks a database for a text of one row.
func found(t require.TestingT, s *store.Store, text, wanted string) bool {
	conditions := s.Conditions()
	conditions.Args = []any{text}
	tail := conditions.List(store.Listing{Limit: 1, Text: wanted}, store.Columns{Key: "id", Time: "id", Texts: []string{"text"}})
	rows, err := s.Read().Query("SELECT id FROM (SELECT 1 AS id, CAST($1 AS text) AS text) AS one"+tail, conditions.Args...)
	require.NoError(t, err)
	defer rows.Close()
	has := rows.Next()
	require.NoError(t, rows.Err())
	return has
}

func TestTextIsFoundInEitherCase(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, each := range []struct {
			text, wanted string
			found        bool
		}{
			{"ÄPFEL", "ÄPFEL", true}, {"ÄPFEL", "äpfel", true}, {"äpfel", "ÄPFEL", true}, {"ÄPFEL", "apfel", false},
			{"A\u0308PFEL", "äpfel", true}, {"äpfel", "A\u0308PFEL", true}, {"a\u0328\u0308", "a\u0308\u0328", true},
			{"a\u0308\u0328", "a\u0308\u0328", true},
			{"İzmir", "İ", true}, {"izmir", "İ", false}, {"İZMİR", "İzmİr", true}, {"ılık", "ILIK", false}, {"ILIK", "ilik", true},
			{"Straße", "STRAẞE", true}, {"Straße", "strasse", false}, {"ΟΔΟΣ", "οδος", true}, {"οδός", "ΟΔΌΣ", true}, {"Москва", "мОСКВА", true},
			{"100%", "0%", true}, {"1000", "0%", false}, {"a_b", "_", true}, {"ab", "_", false}, {`a\b`, `\`, true}, {"ab", `\`, false},
			{"a*b", "*", true}, {"ab", "*", false}, {"a?b", "?", true}, {"ab", "?", false}, {"a[b]", "[B]", true}, {"ab", "[b]", false},
			{"a^b$", "^b$", true}, {"b", "^b$", false}, {"***:a", "***:A", true}, {"(?i)a", "(?I)A", true}, {"line\nline", "E\nL", true},
			{"\U00010400", "\U00010428", true}, {"سلام", "لا", true}, {"赛季", "季", true},
		} {
			require.Equal(t, each.found, found(t, s, each.text, each.wanted), "%q in %q", each.wanted, each.text)
			require.Equal(t, each.found, store.Finder(each.wanted)(each.text), "%q in %q", each.wanted, each.text)
		}
	})
}

// signs are characters with a case that is not simple, marks, and signs with a meaning in patterns.
var signs = []rune("aAiIİıßẞsSſΣσςkK\u212aäÄa\u0308\u0328\u0345ιΙ\u1fbeĳĲǆǅǄ%_\\*?[]^-.(){}|+$#: \n'\"&;\U00010400\U00010428")

// otherCase writes each character in one of its cases.
func otherCase(t *rapid.T, text string) string {
	var written []rune
	for _, r := range text {
		for range rapid.IntRange(0, 3).Draw(t, "case") {
			r = unicode.SimpleFold(r)
		}
		written = append(written, r)
	}
	return string(written)
}

// TestDatabasesFindAlike asks both for any text in any other: they answer as Finder does, and find a part of a text in every case and in
// every form.
func TestDatabasesFindAlike(t *testing.T) {
	t.Parallel()
	databases := []*store.Store{storetest.Open(t, store.SQLite), storetest.Open(t, store.Postgres)}
	sign := rapid.OneOf(rapid.SampledFrom(signs), rapid.SampledFrom(signs), rapid.Rune().Filter(func(r rune) bool { return r != 0 }))
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOfN(sign, 1, 12).Draw(t, "text"))
		wanted := string(rapid.SliceOfN(sign, 1, 3).Draw(t, "wanted"))
		runes := []rune(text)
		from := rapid.IntRange(0, len(runes)-1).Draw(t, "from")
		part := string(runes[from : from+rapid.IntRange(1, len(runes)-from).Draw(t, "length")])
		cases := otherCase(t, part)
		for _, s := range databases {
			require.Equal(t, store.Finder(wanted)(text), found(t, s, text, wanted), "%s: %q in %q", s.Dialect(), wanted, text)
			require.True(t, found(t, s, text, cases), "%s: %q in %q", s.Dialect(), cases, text)
			require.True(t, found(t, s, norm.NFC.String(text), text), "%s: composed %q", s.Dialect(), text)
			require.True(t, found(t, s, norm.NFD.String(text), text), "%s: %q taken apart", s.Dialect(), text)
		}
		require.True(t, store.Finder(cases)(text))
	})
}
