package rule

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

var benchedRound Round

func benchScore(b *testing.B, contest *laurelv1.Contest, e *laurelv1.Event) {
	b.Helper()
	program := compile(b, contest)
	b.ReportAllocs()
	for b.Loop() {
		round, outcome, err := program.Score(e)
		if outcome != Counted || err != nil {
			b.Fatal(outcome, err)
		}
		benchedRound = round
	}
}

func BenchmarkScoreExample(b *testing.B) { benchScore(b, exampleContest(b), roundEnd()) }

func BenchmarkScoreFilter(b *testing.B) {
	contest := exampleContest(b)
	contest.Scoring.Filter = `game.type == "slots" && bet.amount >= 0.5 && user.geo in ["", "DE", "SE"] && win.multiplier < 1000`
	benchScore(b, contest, roundEnd())
}

func BenchmarkScoreLog(b *testing.B) {
	benchScore(b, contestOf("clamp(log10(1 + win.amount) * 10, 0, 40)", ""), roundEnd())
}

func BenchmarkScorePayload(b *testing.B) {
	e := roundEnd()
	e.Payload = &structpb.Struct{Fields: map[string]*structpb.Value{"win": structpb.NewNumberValue(1.25), "bet": structpb.NewNumberValue(0.5)}}
	benchScore(b, contestOf("floor((payload.win / payload.bet) * 3)", ""), e)
}

func BenchmarkScoreMultiplier(b *testing.B) {
	benchScore(b, &laurelv1.Contest{Id: "c", Leaderboard: &laurelv1.Ranking{Type: "max_multiplier"}}, roundEnd())
}

// BenchmarkMatch shows that contests of other markets cost nothing.
func BenchmarkMatch(b *testing.B) {
	for _, others := range []int{0, 1000} {
		b.Run(fmt.Sprintf("others=%d", others), func(b *testing.B) {
			programs := []*Program{compile(b, exampleContest(b))}
			for i := range others {
				contest := exampleContest(b)
				contest.Scope.Markets = []string{fmt.Sprintf("M%d", i)}
				contest.Scoring = &laurelv1.Scoring{Formula: "1", Precision: proto.Int32(0)}
				programs = append(programs, compile(b, contest))
			}
			index, e := NewIndex(programs), roundEnd()
			b.ReportAllocs()
			for b.Loop() {
				if len(index.Match(e)) != 1 {
					b.Fatal("the example must match alone")
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	contest := exampleContest(b)
	for b.Loop() {
		compile(b, contest)
	}
}
