package pipeline

import (
	"context"
	"time"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/store"
)

// observedRows is how many of a snapshot's first players are told their place.
const observedRows = 10

// KeepSnapshots keeps the top of each running board at every interval, when it has changed since the last one, until ctx ends. One process
// does it for all.
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
		if !p.Leads() {
			continue
		}
		for _, c := range p.Contests.Set().All() {
			if err := p.snapshot(ctx, c, kept); err != nil && ctx.Err() == nil {
				p.Log.WarnContext(ctx, "snapshot not kept", "contest", c.ID, "error", err.Error())
			}
		}
	}
}

func (p *Pipeline) snapshot(ctx context.Context, c *contest.Live, kept map[string]int64) error {
	running := c.State == laurelv1.ContestState_CONTEST_STATE_LIVE || c.State == laurelv1.ContestState_CONTEST_STATE_CLOSING
	if !running {
		return nil
	}
	page, err := p.Boards.Page(ctx, c.ID, 0, contest.SnapshotRows)
	if err != nil || page.Sorted || page.Total == 0 || page.Revision() == kept[c.ID] {
		return err
	}
	top := make([]*laurelv1.LeaderboardRow, len(page.Rows))
	for i, row := range page.Rows {
		top[i] = &laurelv1.LeaderboardRow{Place: row.Place, UserId: row.UserID, Units: row.Units}
	}
	err = p.Contests.SaveSnapshot(ctx, contest.Snapshot{ContestID: c.ID, Total: page.Total, Positions: page.Positions, Top: top},
		p.observed(c, page.Rows))
	if err != nil {
		return err
	}
	p.Journal.Wake()
	kept[c.ID] = page.Revision()
	return nil
}

// observed tells the first players of a snapshot their place, by an event in the transaction that keeps the snapshot. Ranks are no state of
// the fold: what depends on one is decided here and comes back by the journal, so that a replay sees the same.
func (p *Pipeline) observed(c *contest.Live, rows []board.Row) func(ctx context.Context, tx *store.Tx, number int64) error {
	return func(ctx context.Context, tx *store.Tx, number int64) error {
		if !c.ObserveRanks {
			return nil
		}
		o := event.Observation{ContestID: c.ID, Snapshot: number, Market: only(c.Markets), Brand: only(c.Brands)}
		o.At = p.Contests.Clock.Now(c.Markets, c.Brands) // the contest's own time: an event clock must not be moved by what is seen
		events := make([]*laurelv1.Event, 0, observedRows)
		for _, row := range rows[:min(observedRows, len(rows))] {
			o.UserID, o.Place, o.Units = row.UserID, row.Place, row.Units
			events = append(events, o.Event())
		}
		return p.Journal.AppendTx(ctx, tx, entries(events), p.Now().UnixMicro())
	}
}

// only is the one value of a list, empty when there are more or none.
func only(values []string) string {
	if len(values) == 1 {
		return values[0]
	}
	return ""
}
