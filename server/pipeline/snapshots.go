package pipeline

import (
	"context"
	"time"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/contest"
)

// KeepSnapshots keeps the top of each running board at every interval, when it has changed since the last one, until ctx ends.
func (p *Pipeline) KeepSnapshots(ctx context.Context, every time.Duration) {
	kept := map[string]int64{}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for _, c := range p.Contests.Set().All() {
			if err := p.snapshot(ctx, c, kept); err != nil && ctx.Err() == nil {
				p.Log.WarnContext(ctx, "snapshot not kept", "contest", c.ID, "error", err.Error())
			}
		}
	}
}

func (p *Pipeline) snapshot(ctx context.Context, c *contest.Live, kept map[string]int64) error {
	revision := p.Boards.Revision(c.ID)
	running := c.State == laurelv1.ContestState_CONTEST_STATE_LIVE || c.State == laurelv1.ContestState_CONTEST_STATE_CLOSING
	if !running || revision == kept[c.ID] {
		return nil
	}
	rows, total, stale, err := p.Boards.Page(ctx, c.ID, 0, contest.SnapshotRows)
	if err != nil || stale || total == 0 {
		return err
	}
	top := make([]*laurelv1.LeaderboardRow, len(rows))
	for i, row := range rows {
		top[i] = &laurelv1.LeaderboardRow{Place: row.Place, UserId: row.UserID, Units: row.Units}
	}
	if err := p.Contests.SaveSnapshot(ctx, c.ID, total, top); err != nil {
		return err
	}
	kept[c.ID] = revision
	return nil
}
