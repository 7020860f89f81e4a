package pipeline_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/rule"
)

// shippedContests are the contests under rules/, ready to fold.
func shippedContests(t *testing.T) []*contest.Live {
	t.Helper()
	found, _, err := catalog.ReadFolder(os.DirFS(filepath.Join("..", "..", "rules")), "rules", nil, rule.Step())
	require.NoError(t, err)
	var contests []*contest.Live
	for _, one := range found {
		require.Empty(t, one.Problems)
		definition, ok := one.Document.Message.(*laurelv1.Contest)
		if !ok {
			continue
		}
		d, err := contest.Compile(1, one.Document.Hash, definition)
		require.NoError(t, err)
		contests = append(contests, &contest.Live{Definition: d})
	}
	return contests
}
