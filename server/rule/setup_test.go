package rule

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// exampleContest is the contest of rules/examples.
func exampleContest(t testing.TB) *laurelv1.Contest {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "rules", "examples", "contest.yaml"))
	require.NoError(t, err)
	document, problems := catalog.Parse("contest.yaml", text)
	require.Empty(t, problems)
	contest, ok := document.Message.(*laurelv1.Contest)
	require.True(t, ok)
	return contest
}

// roundEnd is a finished round that the example contest counts.
func roundEnd() *laurelv1.Event {
	return &laurelv1.Event{
		EventId: "e_9f2", Name: "round_end", EventTs: &timestamppb.Timestamp{Seconds: 1761415897}, User: &laurelv1.User{Id: "u_123"},
		Market: "DE", Brand: "X", Game: &laurelv1.Game{Id: "g_77", Provider: "PragmaticPlay", Type: "slots"},
		Bet: &laurelv1.Bet{AmountMinor: 100, Currency: "EUR"}, Win: &laurelv1.Win{AmountMinor: 250, Currency: "EUR",
			Multiplier: proto.Float64(2.5)},
		Round:  &laurelv1.Round{Id: "r_abc", State: "ended", DurationMs: proto.Int64(2400)},
		Device: &laurelv1.Device{Platform: "mobile", Asn: "mno", AsnCategory: "mno"},
	}
}

// contestOf is a contest of type sum by a formula and a filter.
func contestOf(formula, filter string) *laurelv1.Contest {
	return &laurelv1.Contest{
		Id: "c", Leaderboard: &laurelv1.Ranking{Type: "sum"},
		Scoring: &laurelv1.Scoring{Formula: formula, Filter: filter},
	}
}

func compile(t testing.TB, contest *laurelv1.Contest) *Program {
	t.Helper()
	program, problems := Compile(contest)
	require.Empty(t, problems)
	return program
}

// payloadOf is a payload of one number.
func payloadOf(name string, value float64) *structpb.Struct {
	return &structpb.Struct{Fields: map[string]*structpb.Value{name: structpb.NewNumberValue(value)}}
}
