package realtime

import (
	"context"
	"errors"
	"fmt"

	"github.com/gorilla/websocket"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/board"
)

// reading is a board's top as it was read for one tick.
type reading struct {
	// top is how many rows were asked for; 0 when the top was not read.
	top     int64
	rows    []board.Row
	total   int64
	stale   bool
	names   map[string]PublicName
	contest *laurelv1.ContestSummary
	// oldestMicros is the arrival of the oldest event it may show for the first time; 0 for none.
	oldestMicros int64
}

// update reads one board and sends what changed. The feed's busy flag keeps it from running twice at once.
func (h *Hub) update(ctx context.Context, f *feed) {
	ctx, cancel := context.WithTimeout(ctx, h.config.Limits.ReadTimeout)
	defer cancel()
	now := h.config.Now()
	// The flags are taken before the board is read, so that a change during the reading is read again at the next tick.
	changed := f.changed.Swap(false) || now.UnixMicro() >= f.refreshMicros.Load()
	f.wanted.Store(false)
	oldestMicros := f.oldestMicros.Swap(0)
	f.refreshMicros.Store(now.Add(h.config.Limits.Refresh).UnixMicro())

	top, err := h.pushTop(ctx, f, changed, oldestMicros)
	if err != nil {
		f.keepOldest(oldestMicros)
		if changed {
			f.changed.Store(true)
		}
	} else if f.awaitsRebuild(top) {
		// Places from the database cost a sort each: the top is shared, own places wait until the rank store is back.
		f.changed.Store(true)
		f.retryMicros.Store(now.Add(h.config.Limits.RetryWait).UnixMicro())
		return
	} else {
		err = h.pushOwn(ctx, f, changed, top)
	}
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	f.wanted.Store(true)
	f.retryMicros.Store(now.Add(h.config.Limits.RetryWait).UnixMicro())
	h.config.Log.ErrorContext(ctx, "read watched board", "contest", f.contestID, "error", err)
}

// awaitsRebuild remembers whether the rows last read came from the slower copy.
func (f *feed) awaitsRebuild(read reading) bool {
	if read.top > 0 {
		f.stale = read.stale
	}
	return f.stale
}

// pushTop reads the largest top that anyone watches and sends each group what changed for it. It reads nothing when nothing changed and
// every group has its state.
func (h *Hub) pushTop(ctx context.Context, f *feed, changed bool, oldestMicros int64) (reading, error) {
	top := f.topNeeded(changed)
	if top == 0 {
		return reading{}, nil
	}
	rows, total, stale, err := h.config.Boards.Page(ctx, f.contestID, 0, top)
	if err != nil {
		return reading{}, fmt.Errorf("read top: %w", err)
	}
	users := make([]string, len(rows))
	for i, row := range rows {
		users[i] = row.UserID
	}
	names, err := h.names.of(ctx, users)
	if err != nil {
		return reading{}, err
	}
	contest, published := h.config.Contest(f.contestID)
	if !published {
		contest = &laurelv1.ContestSummary{Id: f.contestID}
	}
	read := reading{
		top: top, rows: rows, total: total, stale: stale, names: names, contest: contest, oldestMicros: oldestMicros,
	}
	h.publishTop(f, read)
	return read, nil
}

// topNeeded gives the largest top that anyone watches; 0 when nothing is to be read.
func (f *feed) topNeeded(changed bool) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	var top int64
	for _, g := range f.groups {
		top = max(top, g.key.top)
		changed = changed || !g.ready
	}
	if !changed {
		return 0
	}
	return top
}

// publishTop brings every group up to a reading.
func (h *Hub) publishTop(f *feed, read reading) {
	shown := map[bool][]*laurelv1.LeaderboardRow{}
	f.mu.Lock()
	defer f.mu.Unlock()
	for key, g := range f.groups {
		if key.top > read.top {
			// It came while the board was read; the next tick reads enough.
			f.wanted.Store(true)
			continue
		}
		if shown[key.userIDs] == nil {
			shown[key.userIDs] = read.show(key.userIDs)
		}
		rows := shown[key.userIDs]
		h.publishGroup(g, read, rows[:min(key.top, int64(len(rows)))])
	}
}

// show gives the rows as they go out, with user ids or without.
func (r reading) show(userIDs bool) []*laurelv1.LeaderboardRow {
	rows := make([]*laurelv1.LeaderboardRow, len(r.rows))
	for i, row := range r.rows {
		rows[i] = showRow(row, r.names[row.UserID], userIDs)
	}
	return rows
}

func showRow(row board.Row, name PublicName, userID bool) *laurelv1.LeaderboardRow {
	shown := &laurelv1.LeaderboardRow{Place: row.Place, PlayerKey: name.Key, Name: name.Name, Units: row.Units}
	if userID {
		shown.UserId = row.UserID
	}
	return shown
}

// publishGroup moves a group to the state just read and queues one frame at every member: its first snapshot, or a delta when anything
// differs. Callers hold the feed's lock.
func (h *Hub) publishGroup(g *group, read reading, rows []*laurelv1.LeaderboardRow) {
	delta := &laurelv1.BoardDelta{
		ContestId:          g.contestID,
		Epoch:              g.epoch,
		Revision:           g.revision + 1,
		Total:              read.total,
		OldestIngestMicros: read.oldestMicros,
		Stale:              read.stale,
	}
	delta.Changed, delta.Left = diff(g.rows, rows)
	moved := !sameContest(g.contest, read.contest)
	if moved {
		delta.Contest = read.contest
	}
	first := !g.ready
	if !first && !moved && len(delta.Changed)+len(delta.Left) == 0 && g.total == read.total && g.stale == read.stale {
		return
	}
	g.ready, g.revision = true, delta.Revision
	g.rows, g.total, g.stale = rows, read.total, read.stale
	if moved {
		g.contest = read.contest
	}
	g.snapshots = [forms]*websocket.PreparedMessage{}
	if first {
		h.sendGroup(g, g.snapshot, 0)
		return
	}
	var frames [forms]*websocket.PreparedMessage
	h.sendGroup(g, func(form int) (*websocket.PreparedMessage, error) {
		if frames[form] != nil {
			return frames[form], nil
		}
		message, err := prepare(&laurelv1.ServerFrame{Frame: &laurelv1.ServerFrame_Delta{Delta: delta}}, form)
		frames[form] = message
		return message, err
	}, read.oldestMicros)
}

func (h *Hub) sendGroup(g *group, frame func(form int) (*websocket.PreparedMessage, error), oldestMicros int64) {
	for s := range g.members {
		s.connection.pushShared(s, frame, oldestMicros)
	}
}
