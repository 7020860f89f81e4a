package main

import (
	"context"
	"time"

	"github.com/laurelhq/laurel/server/board"
)

// boardsWait is how old an event may be that is not scored yet before boards count as behind.
const boardsWait = 3 * time.Second

// openBoards makes the boards that rank contests.
func (p *process) openBoards(ctx context.Context) (err error) {
	if p.ranks, err = openRanks(ctx, p.RedisURL, p.closers); err != nil {
		return err
	}
	config := board.KeeperConfig{
		Engine: p.ranks.engine, Store: p.database, Journal: p.journal, Sizes: p.sizes, Now: p.now, Log: p.log,
		Boards: p.contestIDs, Final: func(id string) bool { return p.contests.Set().Final(id) }, Rebuilt: p.boardRebuilt.tell,
		Behind: func() bool { return p.role.Behind() || p.intake.Behind() > boardsWait },
	}
	if p.ranks.client == nil {
		config.Fed = p.role.Folds
	} else {
		p.start(func(ctx context.Context) { p.metrics.Share(ctx, p.ranks.client, redisPrefix, p.log) })
	}
	p.keeper = board.NewKeeper(config)
	p.contestChanged.to(p.keeper.Expect)
	p.start(p.keeper.Run)
	return nil
}
