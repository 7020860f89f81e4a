package realtime

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func newQueue(limit int) *queue {
	return &queue{limit: limit, begin: func() {}}
}

func TestQueueGivesInOrder(t *testing.T) {
	t.Parallel()
	q, s := newQueue(3), &subscription{}
	require.Equal(t, queued, q.push(outgoing{messageType: 1, subscription: s}))
	require.Equal(t, queued, q.push(outgoing{messageType: 2}))
	require.Equal(t, 1, q.next().send.messageType)
	require.Equal(t, queued, q.push(outgoing{messageType: 3, subscription: s}))
	require.Equal(t, 2, q.next().send.messageType)
	require.Equal(t, 3, q.next().send.messageType)
}

func TestFullQueueKeepsAnswersAndDropsBoards(t *testing.T) {
	t.Parallel()
	q, a, b := newQueue(3), &subscription{channel: Board("a")}, &subscription{channel: Board("b")}
	q.push(outgoing{messageType: 1, subscription: a})
	q.push(outgoing{messageType: 2})
	q.push(outgoing{messageType: 3, subscription: b})
	require.Equal(t, full, q.push(outgoing{messageType: 4, subscription: a}))
	require.Equal(t, dropped, q.push(outgoing{messageType: 5, subscription: b}), "a board that lags gets nothing before its snapshot")
	require.Equal(t, 2, q.next().send.messageType)
	require.ElementsMatch(t, []*subscription{a, b}, q.next().resync)
	q.caughtUp(a)
	require.Equal(t, queued, q.push(outgoing{messageType: 6, subscription: a}))
	require.Equal(t, 6, q.next().send.messageType)
}

func TestQueueOfAnswersAloneIsBounded(t *testing.T) {
	t.Parallel()
	q := newQueue(2)
	require.Equal(t, queued, q.push(outgoing{}))
	require.Equal(t, queued, q.push(outgoing{}))
	require.Equal(t, full, q.push(outgoing{}))
	require.Equal(t, full, q.push(outgoing{}))
	require.Len(t, q.items, 2)
}

func TestFinishSendsAnswersThenCloses(t *testing.T) {
	t.Parallel()
	q := newQueue(5)
	q.push(outgoing{messageType: 1, subscription: &subscription{}})
	q.push(outgoing{messageType: 2})
	require.True(t, q.finish(4000, "first"))
	require.False(t, q.finish(4001, "second"))
	require.Equal(t, dropped, q.push(outgoing{messageType: 3}))
	require.Equal(t, 2, q.next().send.messageType)
	require.Equal(t, &closing{4000, "first"}, q.next().close)
}

func TestWriterRunsWhileThereIsSomethingToDo(t *testing.T) {
	t.Parallel()
	begun := 0
	q := &queue{limit: 2, begin: func() { begun++ }}
	s := &subscription{}
	q.push(outgoing{messageType: 1})
	q.push(outgoing{messageType: 2, subscription: s})
	require.Equal(t, 1, begun, "one writer at a time")
	q.push(outgoing{messageType: 3, subscription: s})
	require.Equal(t, 1, q.next().send.messageType)
	require.Equal(t, []*subscription{s}, q.next().resync)
	require.Equal(t, order{}, q.next(), "and it ends")
	q.push(outgoing{messageType: 4})
	require.Equal(t, 2, begun)
	q.stop()
	require.Equal(t, order{}, q.next())
	require.Equal(t, dropped, q.push(outgoing{messageType: 5}))
	require.False(t, q.finish(4000, "late"))
	require.Equal(t, 2, begun, "none begins after the end")
}

func TestFinishWakesAnIdleWriter(t *testing.T) {
	t.Parallel()
	begun := 0
	q := &queue{limit: 2, begin: func() { begun++ }}
	require.True(t, q.finish(4000, "bye"))
	require.Equal(t, 1, begun)
}

func TestSlowTimesAreForgotten(t *testing.T) {
	t.Parallel()
	q, now := newQueue(5), time.Unix(1000, 0)
	require.Equal(t, 1, q.slow(now, time.Minute))
	require.Equal(t, 2, q.slow(now.Add(59*time.Second), time.Minute))
	require.Equal(t, 1, q.slow(now.Add(61*time.Second), time.Minute))
}

// TestQueueNeverGrows pushes and takes at random: what waits stays within the limit, and so does the room it takes.
func TestQueueNeverGrows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const limit = 8
		q, s := newQueue(limit), &subscription{}
		next, sent := 1, 0
		for range rapid.IntRange(0, 400).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "push") {
				q.push(outgoing{messageType: next, subscription: s})
				next++
			} else if q.waiting() > 0 || len(q.lagging) > 0 {
				order := q.next()
				if order.sending {
					require.Greater(t, order.send.messageType, sent)
					sent = order.send.messageType
				} else {
					require.Equal(t, []*subscription{s}, order.resync)
					q.caughtUp(s)
				}
			}
			require.LessOrEqual(t, q.waiting(), limit)
			require.LessOrEqual(t, cap(q.items), 4*limit)
			require.LessOrEqual(t, len(q.lagging), 1)
		}
	})
}
