package pipeline

import (
	"context"

	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/fold"
)

// pass is one reading of the journal, by the program of some contests, with memory for storage.
type pass struct {
	known *catalog.Vocabulary
	// room is how many bytes the rows may take.
	room int
	// contests are those that are folded: the first of those that were asked for, as many as there is room for.
	contests []*contest.Live
	program  *Program
	cache    *fold.Cache
	scratch  *fold.Scratch
}

func newPass(known *catalog.Vocabulary, room int, contests []*contest.Live) *pass {
	p := &pass{known: known, room: room, cache: fold.NewCache(0)}
	p.take(contests)
	return p
}

// take has these contests folded from now on.
func (p *pass) take(contests []*contest.Live) {
	p.contests = contests
	p.program = NewProgram(contest.SetOf(p.known, contests...))
	p.scratch = fold.NewScratch(&Tables, p.cache)
}

// fold folds a batch. While that leaves too little room, the second half of the contests goes, for another pass; one stays in any case.
func (p *pass) fold(ctx context.Context, events []fold.Event) error {
	if err := playBatch(ctx, p.program, p.scratch, events); err != nil {
		return err
	}
	for p.cache.Bytes() > p.room && len(p.contests) > 1 {
		p.take(p.contests[:(len(p.contests)+1)/2])
		staying := make(map[string]bool, len(p.contests))
		for _, c := range p.contests {
			staying[c.ID] = true
		}
		p.cache.Forget(func(row *fold.Row) bool { return row.Table == fold.Standing && !staying[row.Definition] })
	}
	return nil
}
