package pipeline_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/board/memory"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// crowded is a crowd while it is played.
type crowded struct {
	*crowd
	t        *testing.T
	rt       require.TestingT
	database *store.Store
	engine   board.Engine
	clock    *clock
	// most is how many processes there may be; those that are frozen count.
	most      int
	processes []*citizen
	// sent counts the events that were sent, and numbers tells in which place.
	sent, second int
	numbers      map[string]int
	// opened are, by contest, the sender's events that were folded before it was published, nil while it isn't; closedAt is how many were sent
	// before it closed.
	opened   []map[string]bool
	closedAt []int
}

// citizen is a process of a crowd.
type citizen struct {
	*process
	boards *deafening
	// interrupt, when set, is called between folding and committing.
	interrupt atomic.Pointer[context.CancelFunc]
	frozen    bool
}

// deafening is an engine that may stop hearing of batches, as it does when the process dies before it tells.
type deafening struct {
	board.Engine
	deaf atomic.Bool
}

func (e *deafening) Apply(ctx context.Context, batches []board.Batch) ([]board.Result, error) {
	if e.deaf.Load() {
		return nil, errors.New("the process has died")
	}
	return e.Engine.Apply(ctx, batches)
}

func newCrowded(t *testing.T, rt require.TestingT, w *crowd, s *store.Store, most int) *crowded {
	t.Helper()
	c := &crowded{crowd: w, t: t, rt: rt, database: s, clock: clockAt(0), most: most, numbers: map[string]int{},
		opened: make([]map[string]bool, len(w.contests))}
	for range w.contests {
		c.closedAt = append(c.closedAt, -1)
	}
	for i, e := range w.events {
		c.numbers[e.EventId] = i
	}
	return c
}

// play makes every move, then folds what is left and compares.
func (c *crowded) play() {
	c.t.Helper()
	c.join(crowdMove{})
	_, err := c.database.Write().ExecContext(c.t.Context(), refuseUsers[c.database.Dialect()])
	require.NoError(c.rt, err)
	for _, m := range c.moves {
		crowdMoves[m.what](c, m)
	}
	c.thaw(crowdMove{})
	c.join(crowdMove{})
	defer func() {
		for _, p := range c.processes {
			p.stop()
		}
	}()
	require.Eventually(c.rt, func() bool {
		failed := false
		for _, p := range c.processes {
			failed = p.pipeline.CatchUp(c.t.Context()) != nil || failed
		}
		waiting, _, err := c.someone().journal.Backlog(c.t.Context(), backlogLimit)
		return err == nil && !failed && waiting == 0
	}, patience, 2*time.Millisecond, "everything is folded")
	c.step(crowdMove{}) // those whose grace is over
	c.compare()
}

// run plays the same world with both processes running: of the moves those are made that happen from outside.
func (c *crowded) run() {
	c.t.Helper()
	c.join(crowdMove{})
	_, err := c.database.Write().ExecContext(c.t.Context(), refuseUsers[c.database.Dialect()])
	require.NoError(c.rt, err)
	for i := range c.contests { // before anything is folded, so that nobody need know how far the lanes have come
		c.publishOne(crowdMove{lane: i})
	}
	c.join(crowdMove{})
	var stops []func()
	for _, p := range c.processes {
		stops = append(stops, p.runs(c.t))
	}
	for i, m := range c.moves {
		c.send(m)
		switch i % 8 {
		case 3:
			processOf(c.processes, m.who).dies(c.t)
		case 5:
			c.tick(m)
		case 7:
			c.step(m)
		}
	}
	require.Eventually(c.rt, func() bool {
		waiting, _, err := c.someone().journal.Backlog(c.t.Context(), backlogLimit)
		return err == nil && waiting == 0
	}, patience, 10*time.Millisecond, "everything is folded")
	for i, p := range slices.Clone(c.processes) {
		stops[i]()
		c.gone(p) // the next one looks at what they left
	}
	defer func() { c.someone().stop() }()
	c.step(crowdMove{})
	c.compare()
}

// someone is any process that is there.
func (c *crowded) someone() *process { return c.processes[0].process }

func (c *crowded) join(crowdMove) {
	if len(c.processes) == c.most {
		return
	}
	if c.most == 1 {
		c.engine = memory.New() // it dies with its process
	}
	p := &citizen{boards: &deafening{Engine: c.engine}}
	p.process = start(c.t, storetest.Again(c.t, c.database), options{
		now: c.clock.now, lanes: c.lanes, batch: c.batch, partitions: c.partitions, shared: c.most > 1, engine: p.boards,
	})
	p.pipeline.Scored = func(time.Duration, int) {
		if interrupt := p.interrupt.Load(); interrupt != nil {
			(*interrupt)()
		}
	}
	c.processes = append(c.processes, p)
}

// gone takes a process off the list; it dies without a word.
func (c *crowded) gone(p *citizen) {
	p.stop()
	for i := range c.processes {
		if c.processes[i] == p {
			c.processes = append(c.processes[:i:i], c.processes[i+1:]...)
			break
		}
	}
	if len(c.processes) == 0 {
		c.join(crowdMove{})
	}
}

func (c *crowded) send(m crowdMove) {
	p := processOf(c.processes, m.who)
	if p == nil {
		return
	}
	for count := 1 + m.lane; count > 0 && c.sent < len(c.events); count-- {
		e := later(c.events[c.sent])
		require.Eventually(c.rt, func() bool { // a process that was taken for dead meets connections that were ended
			_, err := p.ingest.Accept(c.t.Context(), event.SourceMain, append(c.events[:0:0], later(e)))
			return err == nil
		}, patience, 2*time.Millisecond)
		c.sent++
	}
}

// turn has one lane fold one batch. It may fail: a batch may have an event that can't be folded, or belong to somebody else by now.
func (c *crowded) turn(m crowdMove) {
	if p := processOf(c.processes, m.who); p != nil && p.pipeline.Beat(c.t.Context()) == nil {
		_, _ = p.pipeline.Turn(c.t.Context(), m.lane)
	}
}

func (c *crowded) catchUp(m crowdMove) {
	if p := processOf(c.processes, m.who); p != nil {
		_ = p.pipeline.CatchUp(c.t.Context())
	}
}

func (c *crowded) tick(m crowdMove) {
	c.second += m.who
	c.clock.set(c.second)
}

// step closes the contests whose grace is over: what was sent counts, what is sent from now on doesn't.
func (c *crowded) step(m crowdMove) {
	p := processOf(c.processes, m.who)
	if p == nil {
		return
	}
	require.Eventually(c.rt, func() bool { return p.contests.Step(c.t.Context()) == nil }, patience, 2*time.Millisecond)
	for i, contest := range c.contests {
		if c.opened[i] != nil && c.closedAt[i] < 0 && int64(c.second)*worldSecond >= contest.end+contest.grace {
			c.closedAt[i] = c.sent
		}
	}
}

// publishOne publishes a contest and notes what was folded before.
func (c *crowded) publishOne(m crowdMove) {
	i, p := m.lane%len(c.contests), processOf(c.processes, m.who)
	if c.opened[i] != nil || p == nil {
		return
	}
	rows, err := c.database.Read().QueryContext(c.t.Context(), `SELECT body FROM journal_event AS e
		WHERE id <= (SELECT cursor FROM journal_partition WHERE id = e.partition)`)
	require.NoError(c.rt, err)
	defer func() { _ = rows.Close() }()
	c.opened[i] = map[string]bool{}
	for rows.Next() {
		var body []byte
		require.NoError(c.rt, rows.Scan(&body))
		if e, err := event.Decode(body); err == nil {
			c.opened[i][e.GetEventId()] = true
		}
	}
	require.NoError(c.rt, rows.Err())
	p.publish(c.t, c.contests[i].yaml())
}

// cutBeforeCommit has a process die between folding a batch and committing it.
func (c *crowded) cutBeforeCommit(m crowdMove) {
	p := processOf(c.processes, m.who)
	if p == nil {
		return
	}
	ctx, cancel := context.WithCancel(c.t.Context())
	defer cancel()
	p.interrupt.Store(&cancel)
	if p.pipeline.Beat(ctx) == nil {
		_, _ = p.pipeline.Turn(ctx, m.lane)
	}
	p.interrupt.Store(nil)
	if m.who%2 == 0 { // or only its connection does, and it goes on
		c.gone(p)
	}
}

// cutBeforePublish has a process die between committing a batch and telling the boards.
func (c *crowded) cutBeforePublish(m crowdMove) {
	p := processOf(c.processes, m.who)
	if p == nil {
		return
	}
	p.boards.deaf.Store(true)
	c.turn(m)
	c.gone(p)
}

func (c *crowded) crash(m crowdMove) {
	if p := processOf(c.processes, m.who); p != nil {
		c.gone(p)
	}
}

// freeze stops a process for so long that the others take it for dead.
func (c *crowded) freeze(m crowdMove) {
	p := processOf(c.processes, m.who)
	if p == nil || c.most == 1 {
		return
	}
	p.frozen = true
	p.dies(c.t)
}

// thaw has those that were frozen go on where they stood, in the middle of what they held.
func (c *crowded) thaw(m crowdMove) {
	for _, p := range c.processes {
		if p.frozen {
			_, _ = p.pipeline.Turn(c.t.Context(), m.lane)
			_ = p.pipeline.FoldOn(c.t.Context())
			p.frozen = false
		}
	}
}

// leave has a process end as it should: it gives its partitions back.
func (c *crowded) leave(m crowdMove) {
	p := processOf(c.processes, m.who)
	if p == nil {
		return
	}
	ended, cancel := context.WithCancel(c.t.Context())
	cancel()
	p.pipeline.Run(ended)
	c.gone(p)
}
