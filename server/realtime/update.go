package realtime

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gorilla/websocket"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/board"
)

// reading is a board's top as it was read.
type reading struct {
	// top is how many rows were asked for; 0 when the top was not read.
	top     int64
	page    board.Page
	names   map[string]PublicName
	contest *laurelv1.ContestSummary
	// measured says what is measured of the frames that show it.
	measured outgoing
	// sent is set when a group got a frame.
	sent bool
}

// update reads what one channel shows and sends what changed. The timetable lets nobody else do so at the same time.
func (h *Hub) update(ctx context.Context, f *feed, what errand) {
	switch f.channel.Kind {
	case KindBoard:
		h.updateBoard(ctx, f, what)
	}
}

// updateBoard is update for the board of a contest.
func (h *Hub) updateBoard(ctx context.Context, f *feed, what errand) {
	limited, cancel := context.WithTimeout(ctx, h.config.Limits.ReadTimeout)
	defer cancel()
	begun := h.config.Now()
	top, err := h.pushTop(limited, f, what)
	if err == nil && f.awaitsRebuild(top) {
		// Places from the database cost a sort each: the top is shared, own places wait until the rank store is back.
		h.timetable.retry(f, h.config.Now(), errand{changed: true})
		return
	}
	var again time.Time
	if err == nil {
		again, err = h.pushOwn(limited, f, what.changed, top)
		what = errand{} // the top was sent; who is owed his own place stays owed it
	}
	now := h.config.Now()
	if err != nil {
		h.timetable.retry(f, now, what)
		if !errors.Is(err, context.Canceled) {
			h.config.Log.ErrorContext(ctx, "read watched board", "channel", f.channel, "error", err)
		}
		return
	}
	cost := now.Sub(begun)
	if top.sent {
		cost += f.sending.take()
	}
	h.timetable.rest(f, now, cost, again)
}

// awaitsRebuild remembers whether the rows last read had to be sorted.
func (f *feed) awaitsRebuild(read reading) bool {
	if read.top > 0 {
		f.sorted = read.page.Sorted
	}
	return f.sorted
}

// pushTop reads the largest top that anyone watches and sends each group what changed for it. It reads nothing when nothing changed and
// every group has its state.
func (h *Hub) pushTop(ctx context.Context, f *feed, what errand) (reading, error) {
	top := f.topNeeded(what.changed)
	if top == 0 {
		return reading{}, nil
	}
	page, err := h.config.Boards.Page(ctx, f.channel.ID, 0, top)
	if err != nil {
		return reading{}, fmt.Errorf("read top: %w", err)
	}
	users := make([]string, len(page.Rows))
	for i, row := range page.Rows {
		users[i] = row.UserID
	}
	names, err := h.names.of(ctx, users)
	if err != nil {
		return reading{}, err
	}
	contest, published := h.config.Contest(f.channel.ID)
	if !published {
		contest = &laurelv1.ContestSummary{Id: f.channel.ID}
	}
	measured := outgoing{oldestMicros: what.oldestMicros, queuedMicros: h.config.Now().UnixMicro()}
	read := reading{top: top, page: page, names: names, contest: contest, measured: measured}
	h.publishTop(f, &read)
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
func (h *Hub) publishTop(f *feed, read *reading) {
	shown := map[bool][]*laurelv1.LeaderboardRow{}
	f.mu.Lock()
	defer f.mu.Unlock()
	for key, g := range f.groups {
		if key.top > read.top {
			// It came while the board was read; the next reading is large enough.
			h.timetable.want(f)
			continue
		}
		if shown[key.userIDs] == nil {
			shown[key.userIDs] = read.show(key.userIDs)
		}
		rows := shown[key.userIDs]
		if h.publishGroup(g, read, rows[:min(key.top, int64(len(rows)))]) {
			read.sent = true
		}
	}
}

// show gives the rows as they go out, with user ids or without.
func (r *reading) show(userIDs bool) []*laurelv1.LeaderboardRow {
	rows := make([]*laurelv1.LeaderboardRow, len(r.page.Rows))
	for i, row := range r.page.Rows {
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
// differs. It reports whether there was one. Callers hold the feed's lock.
func (h *Hub) publishGroup(g *group, read *reading, rows []*laurelv1.LeaderboardRow) bool {
	delta := &laurelv1.BoardDelta{
		Channel:            g.channel.message(),
		Epoch:              g.epoch,
		Revision:           g.revision + 1,
		Total:              read.page.Total,
		OldestIngestMicros: read.measured.oldestMicros,
		Stale:              read.page.Stale,
	}
	delta.Changed, delta.Left = diff(g.rows, rows)
	moved := !sameContest(g.contest, read.contest)
	if moved {
		delta.Contest = read.contest
	}
	first := !g.ready
	if !first && !moved && len(delta.Changed)+len(delta.Left) == 0 && g.total == read.page.Total && g.stale == read.page.Stale {
		return false
	}
	g.ready, g.revision = true, delta.Revision
	g.rows, g.total, g.stale = rows, read.page.Total, read.page.Stale
	if moved {
		g.contest = read.contest
	}
	g.snapshots = [forms]*websocket.PreparedMessage{}
	if first {
		// How old its newest event is tells nothing of the way that event took.
		h.sendGroup(g, g.snapshot, outgoing{queuedMicros: read.measured.queuedMicros})
		return true
	}
	var frames [forms]*websocket.PreparedMessage
	h.sendGroup(g, func(form int) (*websocket.PreparedMessage, error) {
		if frames[form] != nil {
			return frames[form], nil
		}
		message, err := prepare(&laurelv1.ServerFrame{Frame: &laurelv1.ServerFrame_Delta{Delta: delta}}, form)
		frames[form] = message
		return message, err
	}, read.measured)
	return true
}

func (h *Hub) sendGroup(g *group, frame func(form int) (*websocket.PreparedMessage, error), measured outgoing) {
	for s := range g.members {
		s.connection.pushShared(s, frame, measured)
	}
}
