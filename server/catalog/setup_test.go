package catalog

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// exampleYaml is the contest of rules/examples as it is written.
func exampleYaml(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "rules", "examples", "contest.yaml"))
	require.NoError(t, err)
	return text
}

// exampleDocument is the contest of rules/examples.
func exampleDocument(t testing.TB) *Document {
	t.Helper()
	document, problems := Parse("contest.yaml", exampleYaml(t))
	require.Empty(t, problems)
	return document
}

// contestOf is the contest that a document or a published version holds.
func contestOf(t require.TestingT, definition Message) *laurelv1.Contest {
	contest, ok := definition.(*laurelv1.Contest)
	require.True(t, ok, "%T", definition)
	return contest
}

// contestPlan is the plan of a contest; nil when there is none.
func contestPlan(document *Document) *laurelv1.ContestPlan {
	plan, _ := Plan(document, nil).(*laurelv1.ContestPlan)
	return plan
}

// wholeProblems is every problem on a line of its own.
func wholeProblems(problems []Problem) string {
	text := ""
	for _, problem := range problems {
		text += problem.String() + "\n"
	}
	return text
}
