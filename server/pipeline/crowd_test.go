package pipeline_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/board/memory"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// crowd is a random world without the event clock: lanes fold in any order, processes come and go at any moment, contests close by a clock,
// and some events name several players or can't be folded. What is fixed is each player's order of events, and which of them came before a
// close.
type crowd struct {
	world
	lanes int
	moves []crowdMove
}

// crowdMove is one thing that happens. what is an index of crowdMoves; who and lane pick a process and one of its lanes, or a contest.
type crowdMove struct{ what, who, lane int }

// crowdMoves are the things that happen, the frequent ones several times.
var crowdMoves = []func(*crowded, crowdMove){
	(*crowded).send, (*crowded).send, (*crowded).send, (*crowded).turn, (*crowded).turn, (*crowded).turn, (*crowded).catchUp, (*crowded).tick,
	(*crowded).step,
	(*crowded).publishOne, (*crowded).cutBeforeCommit, (*crowded).cutBeforePublish, (*crowded).crash, (*crowded).freeze, (*crowded).thaw,
	(*crowded).leave, (*crowded).join,
}

// pageless is a player whose page the database refuses, so that none of his events can be folded.
const pageless = "no page"

func drawCrowd(t *rapid.T) *crowd {
	w := &crowd{lanes: rapid.SampledFrom([]int{1, 4}).Draw(t, "lanes")}
	w.batch, w.partitions = rapid.IntRange(1, 20).Draw(t, "batch"), rapid.IntRange(1, 16).Draw(t, "partitions")
	count := rapid.IntRange(10, 60).Draw(t, "events")
	for i := range rapid.IntRange(1, 3).Draw(t, "contests") {
		w.contests = append(w.contests, drawContest(t, fmt.Sprint("c", i), count))
		w.contests[i].from = 0 // what came before it is told by what was folded
	}
	players := []string{"a", "b", "é", "d", "e", "f", "g"}
	if rapid.Bool().Draw(t, "refused player") {
		players = append(players, pageless)
	}
	for i := range count {
		e := w.drawEvent(t, i)
		e.User.Id = rapid.SampledFrom(players).Draw(t, "player")
		if rapid.IntRange(0, 3).Draw(t, "match") == 0 {
			for _, player := range rapid.SliceOfNDistinct(rapid.SampledFrom(players), 2, 4, rapid.ID).Draw(t, "participants") {
				p := &laurelv1.Participant{User: &laurelv1.User{Id: player}}
				if rapid.Bool().Draw(t, "own win") {
					p.Win = &laurelv1.Win{AmountMinor: int64(rapid.IntRange(0, 3).Draw(t, "win")) * 100}
				}
				e.Participants = append(e.Participants, p)
			}
		}
		w.events = append(w.events, e)
	}
	for range rapid.IntRange(30, 90).Draw(t, "moves") {
		w.moves = append(w.moves, crowdMove{
			rapid.IntRange(0, len(crowdMoves)-1).Draw(t, "what"), rapid.IntRange(0, 7).Draw(t, "who"), rapid.IntRange(0, 3).Draw(t, "lane"),
		})
	}
	return w
}

// postgresCrowds are the worlds that are folded by two processes on Postgres and Redis.
const postgresCrowds = 3

// runningCrowds are the worlds that two processes fold at once.
const runningCrowds = 2

// TestCrowdEqualsItsModel plays random worlds and compares all they leave with a model that shares no code with the product: with one
// process at a time on SQLite, with two on Postgres and Redis.
func TestCrowdEqualsItsModel(t *testing.T) {
	t.Parallel()
	t.Run("one process on sqlite", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(rt *rapid.T) {
			c := newCrowded(t, rt, drawCrowd(rt), storetest.Open(t, store.SQLite), 1)
			c.engine = memory.New()
			c.play()
		})
	})
	t.Run("two processes on postgres", func(t *testing.T) {
		t.Parallel()
		worlds := rapid.Custom(drawCrowd)
		for seed := range postgresCrowds {
			c := newCrowded(t, t, worlds.Example(seed), storetest.Open(t, store.Postgres), 2)
			c.engine, _ = redisEngine(t)
			c.play()
		}
	})
}

// TestRunningCrowdEqualsItsModel has two processes fold as servers do, with their lanes, readers and publishers, while events come in by
// both, contests close, and now and then one of them is taken for dead: its sessions are ended and its partitions move in the middle of
// what it does.
func TestRunningCrowdEqualsItsModel(t *testing.T) {
	t.Parallel()
	worlds := rapid.Custom(drawCrowd)
	for seed := range runningCrowds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			c := newCrowded(t, t, worlds.Example(seed), storetest.Open(t, store.Postgres), 2)
			c.engine, _ = redisEngine(t)
			c.lanes = 4
			c.run()
		})
	}
}

// take has the model meet the journal as it stands in the database: what was sent, in the order of each player, and what was emitted, with
// the match it comes of.
func (c *crowded) take() {
	rows, err := c.database.Read().QueryContext(context.Background(), "SELECT id, partition, body FROM journal_event ORDER BY id")
	require.NoError(c.rt, err)
	defer func() { _ = rows.Close() }()
	deliveries := map[string]int{}
	for rows.Next() {
		var seq int64
		var partition int
		var body []byte
		require.NoError(c.rt, rows.Scan(&seq, &partition, &body))
		e, err := event.Decode(body)
		if err != nil {
			continue
		}
		cause := e.GetEventId()
		if e.Origin != nil {
			cause = e.Origin.EventId
			deliveries[cause+" to "+e.GetUser().GetId()]++
		}
		require.Equal(c.rt, journal.PartitionOf(e.GetUser().GetId(), c.partitions), partition)
		if len(e.Participants) == 0 && e.GetUser().GetId() != pageless {
			c.meet(e, cause, seq)
		}
	}
	require.NoError(c.rt, rows.Err())
	for i, e := range c.events[:c.sent] {
		for _, p := range e.Participants {
			require.Equal(c.rt, 1, deliveries[e.EventId+" to "+p.User.Id], "event %d is delivered to %s", i, p.User.Id)
			delete(deliveries, e.EventId+" to "+p.User.Id)
		}
	}
	require.Empty(c.rt, deliveries)
}

func (c *crowded) meet(e *laurelv1.Event, cause string, seq int64) {
	number := c.numbers[cause]
	for i, contest := range c.contests {
		if opened := c.opened[i]; opened == nil || opened[cause] {
			continue // not published, or folded before it was
		}
		contest.closed = c.closedAt[i] >= 0 && number >= c.closedAt[i]
		contest.take(e, int(seq), false)
	}
}

// compare holds what the world left against the model.
func (c *crowded) compare() {
	c.onlyPoisonIsBuried()
	c.take()
	p := c.someone()
	for i, contest := range c.contests {
		if c.opened[i] == nil {
			continue
		}
		contest.closed = c.closedAt[i] >= 0
		require.NoError(c.rt, p.contests.Sync(c.t.Context()))
		p.equalsModel(c.t, c.rt, c.engine, contest)
	}
}

// onlyPoisonIsBuried holds the dead letters against what can't be folded: an event that nothing is wrong with is never buried, whatever
// befell the processes.
func (c *crowded) onlyPoisonIsBuried() {
	buried, err := c.database.Read().QueryContext(c.t.Context(), `SELECT d.event_id, d.stage, d.subject, d.reason, e.body
		FROM dead_letter AS d JOIN journal_event AS e ON e.id = d.seq`)
	require.NoError(c.rt, err)
	defer func() { _ = buried.Close() }()
	for buried.Next() {
		var id, stage, subject, reason string
		var body []byte
		require.NoError(c.rt, buried.Scan(&id, &stage, &subject, &reason, &body))
		e, err := event.Decode(body)
		require.NoError(c.rt, err)
		if subject == "" {
			require.Equal(c.rt, "commit", stage, "%s: %s", id, reason)
			require.True(c.rt, e.GetUser().GetId() == pageless && len(e.Participants) == 0, "%s: %s", id, reason)
		}
	}
	require.NoError(c.rt, buried.Err())
}

// later is when an event happens that is sent when the clock stands at a second: the worlds are short, so any time will do.
func later(e *laurelv1.Event) *laurelv1.Event {
	sent := proto.CloneOf(e)
	sent.EventTs = timestamppb.New(e.GetEventTs().AsTime().Truncate(time.Microsecond))
	return sent
}

// processOf is one of the processes that are there, whichever a number picks.
func processOf(list []*citizen, who int) *citizen {
	list = slices.DeleteFunc(slices.Clone(list), func(p *citizen) bool { return p.frozen })
	if len(list) == 0 {
		return nil
	}
	return list[who%len(list)]
}
