package realtime

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// told is what the model knows of a board.
type told struct {
	feed            *feed
	changed, wanted bool
	oldest          int64
	late            time.Duration
	reading         bool
	restsUntil      time.Time
}

// timetableModel says what a timetable must do, by looking at every board.
type timetableModel struct {
	*timetable
	now    time.Time
	boards map[string]*told
	// left are boards that are being read though nobody watches them any more.
	left []*feed
}

func (m *timetableModel) check(t *rapid.T) {
	active := len(m.left)
	for _, b := range m.boards {
		if b.reading || b.feed.turn.resting {
			active++
		}
	}
	require.Equal(t, active, m.active)
	for i, f := range m.turns {
		require.Equal(t, i, f.turn.at)
		require.Same(t, f, m.feeds[f.channel])
	}
}

// take takes one board and has it be the right one.
func (m *timetableModel) take(t *rapid.T) {
	f, what, wait := m.next(m.now)
	if f == nil {
		for _, b := range m.boards {
			quiet := !b.reading && !m.now.Before(b.restsUntil)
			require.False(t, quiet && (b.changed || b.wanted), "a quiet board that changed is read at once")
			if !b.reading && b.feed.turn.resting {
				require.LessOrEqual(t, wait, b.restsUntil.Sub(m.now))
			}
		}
		require.Positive(t, wait)
		return
	}
	b := m.boards[f.channel.ID]
	require.Same(t, b.feed, f)
	require.False(t, b.reading)
	require.False(t, m.now.Before(b.restsUntil))
	require.True(t, what.changed || !b.changed, "no change is forgotten")
	require.Equal(t, b.oldest, what.oldestMicros)
	if b.changed || b.wanted {
		for _, other := range m.boards {
			waits := !other.reading && (other.changed || other.wanted)
			require.False(t, waits && other.restsUntil.Before(b.restsUntil), "who was read longest ago comes first")
		}
	}
	b.reading, b.changed, b.wanted, b.oldest = true, false, false, 0
}

// end gives a board back.
func (m *timetableModel) end(t *rapid.T, b *told) {
	b.reading = false
	switch rapid.IntRange(0, 2).Draw(t, "outcome") {
	case 0:
		what := errand{changed: rapid.Bool().Draw(t, "changed"), oldestMicros: 7}
		m.retry(b.feed, m.now, what)
		b.wanted, b.restsUntil = true, m.now.Add(m.limits.RetryWait)
		if what.changed {
			b.changed = true
			if b.oldest == 0 || b.oldest > 7 {
				b.oldest = 7
			}
		}
	case 1:
		m.rest(b.feed, m.now, 0, m.now.Add(time.Millisecond))
		b.restsUntil = m.now.Add(min(max(b.late, m.limits.MinTick), m.limits.MaxTick))
	default:
		m.rest(b.feed, m.now, 10*time.Millisecond, time.Time{})
		b.restsUntil = m.now.Add(min(max(time.Duration(20*m.active)*time.Millisecond, b.late, m.limits.MinTick), m.limits.MaxTick))
	}
}

// TestTimetable does with a few boards whatever may happen to them.
func TestTimetable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limits := Limits{MinTick: 15 * time.Millisecond, MaxTick: 50 * time.Millisecond, RetryWait: 100 * time.Millisecond}.withDefaults()
		m := &timetableModel{timetable: newTimetable(limits), now: time.Unix(1_800_000_000, 0), boards: map[string]*told{}}
		some := func(t *rapid.T) *told {
			id := fmt.Sprint(rapid.IntRange(0, 4).Draw(t, "board"))
			if m.boards[id] == nil {
				m.boards[id] = &told{feed: m.feed(Board(id), m.now)}
			}
			return m.boards[id]
		}
		t.Repeat(map[string]func(*rapid.T){
			"": m.check,
			"mark": func(t *rapid.T) {
				b, oldest := some(t), int64(0)
				if b.late = 0; rapid.Bool().Draw(t, "by an event") {
					b.late = time.Duration(rapid.IntRange(-10, 80).Draw(t, "late")) * time.Millisecond
					oldest = m.now.Add(-b.late).UnixMicro()
				}
				m.mark(b.feed.channel, oldest, m.now)
				b.changed = true
				if oldest > 0 && (b.oldest == 0 || oldest < b.oldest) {
					b.oldest = oldest
				}
			},
			"mark all": func(*rapid.T) {
				m.mark(Channel{}, 0, m.now)
				for _, b := range m.boards {
					b.changed = true
				}
			},
			"want": func(t *rapid.T) {
				b := some(t)
				m.want(b.feed)
				b.wanted = true
			},
			"take": m.take,
			"end": func(t *rapid.T) {
				if b := some(t); b.reading {
					m.end(t, b)
				}
			},
			"leave": func(t *rapid.T) {
				b := some(t)
				m.forget(b.feed)
				delete(m.boards, b.feed.channel.ID)
				if b.reading {
					m.left = append(m.left, b.feed)
				}
			},
			"end what was left": func(*rapid.T) {
				for _, f := range m.left {
					m.rest(f, m.now, 0, time.Time{})
				}
				m.left = nil
			},
			"time": func(t *rapid.T) {
				m.now = m.now.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "millis")) * time.Millisecond)
			},
		})
	})
}

// TestWhoRestedLongestIsFirst has boards wait for a worker: none of them is passed over.
func TestWhoRestedLongestIsFirst(t *testing.T) {
	t.Parallel()
	table, now := newTimetable(Limits{}.withDefaults()), time.Unix(1_800_000_000, 0)
	var want, got []string
	for i := range 20 {
		id := fmt.Sprint(i)
		f := table.feed(Board(id), now)
		table.mark(Board(id), 0, now)
		taken, _, _ := table.next(now)
		require.Same(t, f, taken)
		table.rest(f, now, 0, time.Time{})
		now = now.Add(time.Millisecond)
		want = append(want, id)
	}
	now = now.Add(time.Second)
	none, _, _ := table.next(now)
	require.Nil(t, none)
	table.mark(Channel{}, 0, now)
	for range want {
		f, _, _ := table.next(now)
		got = append(got, f.channel.ID)
	}
	require.Equal(t, want, got)
}

func TestSendingTakesTwiceTheMean(t *testing.T) {
	t.Parallel()
	var s sending
	require.Zero(t, s.take())
	s.add(0)
	s.add(30 * time.Millisecond)
	require.Equal(t, 30*time.Millisecond, s.take())
	require.Equal(t, 30*time.Millisecond, s.take(), "as before while nothing new is known")
	s.add(time.Millisecond)
	require.Equal(t, 2*time.Millisecond, s.take())
}
