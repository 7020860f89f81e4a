package rule

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"
)

// BenchmarkWorstCase runs expressions close to MaxCost on the largest payload, for the figure in the comment of MaxCost.
func BenchmarkWorstCase(b *testing.B) {
	list := make([]any, 4000)
	for i := range list {
		list[i] = "x"
	}
	lists, err := structpb.NewStruct(map[string]any{"list": list})
	if err != nil {
		b.Fatal(err)
	}
	texts, err := structpb.NewStruct(map[string]any{"text": strings.Repeat("a", 16000)})
	if err != nil {
		b.Fatal(err)
	}
	for i, c := range []struct {
		formula string
		payload *structpb.Struct
	}{
		{`"y" in payload.list ? 1 : 0`, lists},
		{`payload.text.contains("` + strings.Repeat("a", 99) + `b") ? 1 : 0`, texts},
		{`payload.text.matches("a+") ? 1 : 0`, texts},
		{`payload.text.matches("b$") ? 1 : 0`, texts},
	} {
		b.Run(fmt.Sprint(i), func(b *testing.B) {
			program := compile(b, contestOf(c.formula, ""))
			e := roundEnd()
			e.Payload = c.payload
			for b.Loop() {
				if _, outcome, err := program.Score(e); err != nil || outcome != Counted {
					b.Fatal(outcome, err)
				}
			}
		})
	}
}

// TestFormulasReadNoTimes has formulas ask for parts of times: CEL's functions would look for the zone on the machine.
func TestFormulasReadNoTimes(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`timestamp("2025-10-25T18:00:00Z").getHours("Europe/Berlin")`, `payload.at.getHours("Europe/Berlin")`,
		`payload.at.getFullYear("right/UTC")`,
	} {
		_, problems := Compile(contestOf(text, ""))
		require.NotEmpty(t, problems, text)
		require.Contains(t, problems[0].Message, "is not a function; ", text)
	}
}
