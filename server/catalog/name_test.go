package catalog

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// TestNamesThatCannotBeShownAreRefused publishes each kind under a title that turns the text behind it, or breaks its line.
func TestNamesThatCannotBeShownAreRefused(t *testing.T) {
	t.Parallel()
	now := beforeAll
	service := serviceOn(storetest.Open(t, store.SQLite), &now)
	contest := contestNamed("a") + "title: TITLE\n"
	rates := ratesHead + ratesOf25 + "title: TITLE\n"
	for _, yaml := range []string{contest, rates, strings.Replace(bitcoin, "Bitcoin", "TITLE", 1)} {
		for written, sign := range map[string]string{
			`"a\nb"`: "U+000A", `"a\u202eb"`: "U+202E", "a\u2066b": "U+2066", `"a\u200bb"`: "U+200B", `"\u3164"`: "U+3164", `"a\tb"`: "U+0009",
		} {
			refusal := refusalOf(t, service, strings.Replace(yaml, "TITLE", written, 1))
			require.Contains(t, refusal, ": title: has "+sign, "the field and the character are named")
		}
		accepted(t, service, strings.Replace(yaml, "TITLE", "جام\u200cها 🏆", 1))
	}
	refusal := refusalOf(t, service, contestNamed("b")+"scope: {markets: [DE, \"S\\u202eE\"], brands: [\"X\\n\"], providers: [\" \"]}\n")
	for _, want := range []string{"scope.markets[1]: has U+202E", "scope.brands[0]: has U+000A", "scope.providers[0]: has nothing in it"} {
		require.Contains(t, refusal, want)
	}
}

// TestNamesPublishedEarlierAreReadAsEver has documents in the database whose titles would be refused today.
func TestNamesPublishedEarlierAreReadAsEver(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now := beforeAll
		for _, yaml := range []string{contestNamed("old") + `title: "a\nb"` + "\n", strings.Replace(bitcoin, "Bitcoin", `"Bit\u202ecoin"`, 1)} {
			document, problems := Parse("", []byte(yaml))
			require.Empty(t, problems)
			require.NoError(t, s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				return insert(ctx, tx.Ent(), &laurelv1.Definition{
					Kind: document.Kind, Id: document.ID, Version: 1, Hash: document.Hash, Yaml: yaml, PublishedAt: timestamppb.New(time.UnixMicro(1)),
				}, nil)
			}))
		}
		service := serviceOn(s, &now)
		known, err := service.Vocabulary(t.Context())
		require.NoError(t, err)
		_, listed := known.Currencies().Exponent("XBT")
		require.True(t, listed)
		accepted(t, service, contestNamed("old")+"title: mended\n")
	})
}
