package pipeline_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// TestPublicationWhoseSyncFailedIsMadeGood publishes a contest and has the process that did so die before anyone follows it. Every other
// process finds it by itself.
func TestPublicationWhoseSyncFailedIsMadeGood(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := start(t, s, options{eventClock: true})
		contest := catalog.Publication{Yaml: sprint("c", "type: sum"), By: "test"}
		_, changed, err := p.catalog.Publish(t.Context(), contest)
		require.NoError(t, err)
		require.True(t, changed)
		_, changed, err = p.catalog.Publish(t.Context(), contest)
		require.NoError(t, err)
		require.False(t, changed, "to try again changes nothing, so nothing follows from it")
		require.Nil(t, p.contests.Set().Get("c"))
		require.NoError(t, p.contests.Step(t.Context()))
		require.NotNil(t, p.contests.Set().Get("c"))
		p.send(t, spin{id: "1", user: "a", at: at(1), bet: 100, win: 100}.event())
		p.fold(t)
		require.Equal(t, []string{"a 10000"}, p.standings(t, "c"))
	})
}
