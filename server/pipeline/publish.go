package pipeline

import (
	"context"

	"github.com/laurelhq/laurel/server/board"
)

// published is what the boards and the sockets learn of a committed batch.
type published struct {
	batches []board.Batch
	oldest  map[string]int64
}

// published groups the changed standings by board and partition; boards skip a group they have applied before.
func (b *batch) published() published {
	type group struct {
		board     string
		partition int
	}
	at := map[group]int{}
	out := published{oldest: b.oldest}
	for _, row := range b.rows {
		g := group{row.ContestID, row.Partition}
		i, known := at[g]
		if !known {
			i = len(out.batches)
			at[g] = i
			out.batches = append(out.batches, board.Batch{Board: row.ContestID, Seq: b.end, Partition: row.Partition})
		}
		out.batches[i].Entries = append(out.batches[i].Entries, board.Entry{UserID: row.UserID, Units: row.State.Units, Tie: row.Tie})
	}
	return out
}

// publishAll puts committed batches on the boards, in order, while the next batch is being folded. An engine that is away holds nothing
// up: its boards are rebuilt from standings when it is back.
func (p *Pipeline) publishAll(ctx context.Context) {
	for out := range p.publish {
		if len(out.batches) == 0 {
			continue
		}
		start := p.Now()
		if err := p.Boards.Apply(ctx, out.batches); err != nil {
			p.Log.WarnContext(ctx, "boards not updated, they will be rebuilt", "error", err.Error())
		}
		p.Ranked(p.Now().Sub(start))
		for contestID, oldest := range out.oldest {
			p.Changed(contestID, oldest)
		}
	}
}
