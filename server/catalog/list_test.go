package catalog

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// TestPageOfDefinitionsCostsWhatItShows asks for pages out of ten thousand definitions, one of which has as many versions, in each order
// and with a kind.
func TestPageOfDefinitionsCostsWhatItShows(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const series = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) "
		statements := []string{
			series + "INSERT INTO definition (kind, def_id, version, hash, yaml, published_at, published_by) SELECT 'Contest', 'often', i, 'h', " +
				"'y', i, 'test' FROM n",
			series + "INSERT INTO newest_definition (kind, def_id, version, hash, published_at, published_by) SELECT 'Contest', 'c' || i, 1, " +
				"'h', i / 700, 'test' FROM n",
			"INSERT INTO newest_definition (kind, def_id, version, hash, published_at, published_by) VALUES ('Currency', 'XBT', 1, 'h', 1, 'test')",
			"ANALYZE",
		}
		for _, statement := range statements {
			_, err := s.Write().ExecContext(t.Context(), statement)
			require.NoError(t, err, statement)
		}
		asked := 0
		client := storetest.Recorded(s, func(query storetest.Query) {
			asked++
			storetest.RequirePage(t, s, query)
		})
		for _, kind := range []string{"", "Contest", "Currency"} {
			for _, wanted := range []Listing{{}, {ByTime: true}, {ByTime: true, NewestFirst: true}} {
				wanted.Limit, wanted.Kind = 200, kind
				first, err := newestOfAll(t.Context(), client, wanted)
				require.NoError(t, err)
				after := KeyOf(first[len(first)-1])
				wanted.After = &after
				_, err = newestOfAll(t.Context(), client, wanted)
				require.NoError(t, err)
			}
		}
		_, err := versionsOf(t.Context(), client, "Contest", "often", store.Listing{Limit: 200})
		require.NoError(t, err)
		require.Equal(t, 19, asked)
	})
}

// TestDefinitionsOfAnEarlierVersionAreListed brings a database to the version in which the newest versions have a table of their own, and
// publishes more.
func TestDefinitionsOfAnEarlierVersionAreListed(t *testing.T) {
	t.Parallel()
	for _, dialect := range storetest.Dialects {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			s := storetest.OpenBefore(t, dialect, "list_orders")
			for version, id := range map[int]string{1: "GEM", 2: "GEM", 9: "GEM", 10: "GEM", 3: "XBT"} {
				_, err := s.Write().ExecContext(t.Context(), "INSERT INTO definition (kind, def_id, version, hash, yaml, published_at, "+
					"published_by) VALUES ('Currency', $1, $2, $3, $4, $5, 'test')",
					id, version, "h"+strconv.Itoa(version), fmt.Sprintf("kind: Currency\nid: %s\nexponent: 2\ntitle: T\n", id), version)
				require.NoError(t, err)
			}
			_, err := s.Migrate(t.Context())
			require.NoError(t, err)
			service := NewService(Config{Store: s, Adopt: func(context.Context, *store.Tx, Published) error { return nil },
				Now: func() time.Time { return time.UnixMicro(20) }})
			requireListed(t, service, []*laurelv1.DefinitionSummary{
				{Id: "GEM", Version: 10, Hash: "h10"}, {Id: "XBT", Version: 3, Hash: "h3"},
			})
			published, changed, err := service.Publish(t.Context(), Publication{Yaml: "kind: Currency\nid: XBT\nexponent: 2\ntitle: Bitcoin\n",
				By: "test"})
			require.NoError(t, err)
			require.True(t, changed)
			requireListed(t, service, []*laurelv1.DefinitionSummary{
				{Id: "XBT", Version: 4, Hash: published.GetHash()}, {Id: "GEM", Version: 10, Hash: "h10"},
			})
		})
	}
}

func requireListed(t *testing.T, service *Service, want []*laurelv1.DefinitionSummary) {
	t.Helper()
	list, err := service.List(t.Context(), Listing{Limit: 10, ByTime: true, NewestFirst: true})
	require.NoError(t, err)
	require.Len(t, list, len(want))
	for i, each := range want {
		require.Equal(t, []any{each.GetId(), each.GetVersion(), each.GetHash()}, []any{list[i].GetId(), list[i].GetVersion(), list[i].GetHash()})
	}
}
