package pipeline_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/board/memory"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/fold"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/pipeline"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// foldDespite folds until everything accepted is folded, through batches that fail.
func (p *process) foldDespite(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		failed := p.pipeline.CatchUp(t.Context())
		backlog, _, err := p.journal.Backlog(t.Context(), backlogLimit)
		require.NoError(t, err)
		return failed == nil && backlog == 0
	}, patience, 2*time.Millisecond)
}

// slip appends an event that no door would let in.
func (p *process) slip(t *testing.T, e *laurelv1.Event, userID string) {
	t.Helper()
	body, hash := event.Content(nil, e)
	_, err := p.journal.Append(t.Context(), []journal.Entry{{EventID: e.GetEventId(), UserID: userID, ContentHash: hash, Body: body}},
		at(60).UnixMicro())
	require.NoError(t, err)
}

// letters are the dead letters as "event stage subject", sorted.
func (p *process) letters(t *testing.T) []string {
	t.Helper()
	rows, err := p.store.Ent().DeadLetter.Query().All(t.Context())
	require.NoError(t, err)
	lines := make([]string, len(rows))
	for i, row := range rows {
		lines[i] = fmt.Sprintf("%s %s %s", row.EventID, row.Stage, row.Subject)
	}
	slices.Sort(lines)
	return lines
}

// refuseUsers has the database refuse the standing of player "no standing" and the page of player "no page".
var refuseUsers = map[store.Dialect]string{
	store.SQLite: `CREATE TRIGGER refuse_standing BEFORE INSERT ON standing WHEN NEW.user_id = 'no standing' BEGIN SELECT RAISE(ABORT,
		'refused'); END;
		CREATE TRIGGER refuse_page BEFORE INSERT ON player_page WHEN NEW.id = 'no page' BEGIN SELECT RAISE(ABORT, 'refused'); END`,
	store.Postgres: `CREATE FUNCTION refuse_standing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF NEW.user_id = 'no standing' THEN RAISE EXCEPTION 'refused'; END IF; RETURN NEW; END $$;
		CREATE FUNCTION refuse_page() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id = 'no page' THEN RAISE EXCEPTION 'refused'; END IF;
			RETURN NEW; END $$;
		CREATE TRIGGER refuse_standing BEFORE INSERT ON standing FOR EACH ROW EXECUTE FUNCTION refuse_standing();
		CREATE TRIGGER refuse_page BEFORE INSERT ON player_page FOR EACH ROW EXECUTE FUNCTION refuse_page()`,
}

// TestPoisonCostsOnlyItself has events fail in each stage, among sound ones, all in one batch to begin with: what can't be read, a formula
// without a result, a score out of range, a panic while folding, reading or writing, a chain that is too long, and effects that the
// database refuses.
func TestPoisonCostsOnlyItself(t *testing.T) {
	t.Parallel()
	for _, lanes := range []int{1, 4} {
		t.Run(fmt.Sprint(lanes, " lanes"), func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				engine := memory.New()
				p := start(t, s, options{now: still, lanes: lanes, engine: engine})
				p.publish(t, sprint("sum", "type: sum"))
				p.publish(t, contestOf("log", "log10(win.amount_minor)", 0))
				p.publish(t, contestOf("range", "win.amount_minor * 80000000000000", 0))
				_, err := s.Write().ExecContext(t.Context(), refuseUsers[s.Dialect()])
				require.NoError(t, err)
				p.sendPoison(t)
				p.foldDespite(t)
				require.Equal(t, []string{
					" journal ", "chain fold ", "nobody fold ", "refused 0 commit ", "refused 1 commit ", "refused 2 commit ", "refused 3 commit ",
					"too much contest range", "zero rule log",
				}, p.letters(t))
				for id, each := range map[string]int64{"sum": 10_000, "log": 2, "range": 8_000_000_000_000_000} {
					want := []string{}
					for player := range poisonPlayers {
						units := each
						if id != "range" && player == 0 {
							units *= 2 // the second event of player 0 was too much for one contest only
						}
						want = append(want, fmt.Sprintf("u%d %d", player, units))
					}
					if id != "log" {
						want = append(want, "zero 0")
					}
					slices.Sort(want)
					got := p.standings(t, id)
					slices.Sort(got)
					require.Equal(t, want, got, id)
					_, difference := p.refolded(t, id)
					require.Empty(t, difference, "what could not be stored is left out of the proof as well")
					p.equalsStandings(t, engine, id, "and of the board")
				}
				p.goOn(t)
			})
		})
	}
}

// poisonPlayers is how many sound players there are beside the poison.
const poisonPlayers = 30

func (p *process) sendPoison(t *testing.T) {
	t.Helper()
	win := func(id, user string, win int64) *laurelv1.Event {
		return spin{id: id, user: user, at: at(1), bet: 100, win: win}.event()
	}
	nobody := win("nobody", "u", 100)
	nobody.User = nil
	chain := win("chain", "u5", 100)
	chain.Origin = &laurelv1.Origin{EventId: "cause", Depth: event.MaxDepth, Seq: 1}
	chain.Participants = []*laurelv1.Participant{{User: &laurelv1.User{Id: "u1"}}, {User: &laurelv1.User{Id: "u2"}}}
	for player := range poisonPlayers {
		p.send(t, win(fmt.Sprint("sound ", player), fmt.Sprint("u", player), 100))
		switch player {
		case 3:
			_, err := p.journal.Append(t.Context(), poison(), 1)
			require.NoError(t, err)
		case 7:
			p.send(t, win("zero", "zero", 0))
		case 9:
			p.send(t, win("too much", "u0", 100))
		case 12:
			p.slip(t, nobody, "u4")
		case 15:
			p.slip(t, chain, "u5")
		case 18, 20, 22, 24:
			i := (player - 18) / 2
			p.send(t, win(fmt.Sprint("refused ", i), []string{"no standing", "no page", pipeline.UnreadablePlayer, pipeline.UnwritablePlayer}[i],
				100))
		}
	}
}

// goOn sends one more event for each player and requires that batches are as large as ever.
func (p *process) goOn(t *testing.T) {
	t.Helper()
	for player := range poisonPlayers {
		p.send(t, spin{id: fmt.Sprint("after ", player), user: fmt.Sprint("u", player), at: at(2), bet: 100, win: 100}.event())
	}
	p.fold(t)
	require.Len(t, p.letters(t), 9+poisonPlayers, "the second round of each is too much for one contest")
	require.Contains(t, p.standings(t, "sum"), "u1 20000")
}

// contestOf is a contest of all events that sums a formula.
func contestOf(id, formula string, precision int) string {
	return fmt.Sprintf("kind: Contest\nid: %s\nwindow: {start: 2025-10-25T18:00Z, end: 2025-10-25T19:00Z}\nscoring: {formula: %q, "+
		"precision: %d}\nleaderboard: {type: sum}\n",
		id, formula, precision)
}

// TestLaneThatAlwaysFailsHoldsUpNoOther has the database answer one lane, for the whole of the test, that its disk is full: such a batch is
// tried again for as long as it takes. The lanes beside it fold on.
func TestLaneThatAlwaysFailsHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	p := start(t, s, options{lanes: 4})
	p.publish(t, sprint("c", "type: sum"))
	_, err := s.Write().ExecContext(t.Context(), `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.user_id =
		'u0' THEN
			RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END IF; RETURN NEW; END $$;
		CREATE TRIGGER full_disk BEFORE INSERT ON standing FOR EACH ROW EXECUTE FUNCTION full_disk()`)
	require.NoError(t, err)
	run := p.runs(t)
	defer run()
	failing := journal.PartitionOf("u0", p.journal.Partitions()) % 4
	want, held := []string{}, 0
	for i := range 200 {
		user := fmt.Sprint("u", i%40)
		p.send(t, spin{id: fmt.Sprint(i), user: user, at: at(1), bet: 100, win: 100}.event())
		if journal.PartitionOf(user, p.journal.Partitions())%4 == failing {
			held++
		} else if i < 40 {
			want = append(want, user+" 50000")
		}
	}
	slices.Sort(want)
	others := func() []string {
		return slices.DeleteFunc(p.standings(t, "c"), func(line string) bool {
			var user string
			_, _ = fmt.Sscan(line, &user)
			return journal.PartitionOf(user, p.journal.Partitions())%4 == failing
		})
	}
	require.Eventually(t, func() bool { got := others(); slices.Sort(got); return slices.Equal(want, got) }, patience, 10*time.Millisecond,
		"the other lanes have all of theirs")
	backlog, _, err := p.journal.Backlog(t.Context(), 1000)
	require.NoError(t, err)
	require.Positive(t, backlog)
	require.LessOrEqual(t, backlog, int64(held))
	require.Empty(t, p.letters(t), "nothing is buried because a database is away")
	_, err = s.Write().ExecContext(t.Context(), "DROP TRIGGER full_disk ON standing")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		lines := p.standings(t, "c")
		return len(lines) == 40 && !slices.ContainsFunc(lines, func(line string) bool { return !strings.HasSuffix(line, " 50000") })
	}, patience, 10*time.Millisecond)
}

// runs has the process fold as a server does, until the function it returns is called.
func (p *process) runs(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan struct{})
	go func() { defer close(ended); p.pipeline.Run(ctx) }()
	return func() { cancel(); <-ended }
}

// TestOnlyTheEventThatFailedIsBuried has a lane lose the partition of a poison after its last try. The next event of the lane is another
// one, and is not the one that pays for it.
func TestOnlyTheEventThatFailedIsBuried(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	p := start(t, s, options{now: still, lanes: 1, shared: true, partitions: 2})
	p.publish(t, sprint("c", "type: sum"))
	p.fold(t)
	_, err := s.Write().ExecContext(t.Context(), refuseUsers[store.Postgres])
	require.NoError(t, err)
	innocent := "a"
	for journal.PartitionOf(innocent, 2) == journal.PartitionOf("no standing", 2) {
		innocent += "a"
	}
	p.send(t, spin{id: "poison", user: "no standing", at: at(1), bet: 100, win: 100}.event())
	p.readable(t, 1)
	for range 3 {
		require.Error(t, p.pipeline.FoldOn(t.Context()))
	}
	p.send(t, spin{id: "sound", user: innocent, at: at(1), bet: 100, win: 100}.event())
	p.readable(t, 2)
	_, err = s.Write().ExecContext(t.Context(), "UPDATE journal_partition SET owner = 'somebody', epoch = epoch + 1 WHERE id = $1",
		journal.PartitionOf("no standing", 2))
	require.NoError(t, err)
	_, err = s.Write().ExecContext(t.Context(), `INSERT INTO process (id, host, started_at, seen_until)
		VALUES ('somebody', 'x', 0, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + 3600000)`)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return p.pipeline.CatchUp(t.Context()) == nil && len(p.standings(t, "c")) == 1 }, patience,
		5*time.Millisecond)
	require.Empty(t, p.letters(t))
}

// TestPageOfANewerVersionWaits gives a player's page a section that this version does not know, as a version to come writes it. His events
// wait; they are not buried.
func TestPageOfANewerVersionWaits(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := start(t, s, options{now: still})
		p.publish(t, sprint("c", "type: sum"))
		p.send(t, spin{id: "1", user: "u", at: at(1), bet: 100, win: 100}.event())
		p.fold(t)
		p.stop()
		set := func(state []byte) {
			_, err := s.Write().ExecContext(t.Context(), "UPDATE player_page SET state = $1 WHERE id = 'u'", state)
			require.NoError(t, err)
		}
		var sound []byte
		require.NoError(t, s.Read().QueryRowContext(t.Context(), "SELECT state FROM player_page WHERE id = 'u'").Scan(&sound))
		newer := append(slices.Clone(sound[:len(sound)-crc32.Size]), 99, 1, 0)
		set(binary.LittleEndian.AppendUint32(newer, crc32.ChecksumIEEE(newer)))
		p = start(t, storetest.Again(t, s), options{now: still})
		p.send(t, spin{id: "2", user: "u", at: at(2), bet: 100, win: 100}.event())
		p.readable(t, 2)
		require.Eventually(t, func() bool { return p.pipeline.CatchUp(t.Context()) != nil }, patience, 5*time.Millisecond,
			"it has the partitions")
		for range 5 {
			require.ErrorIs(t, p.pipeline.CatchUp(t.Context()), fold.ErrNewer)
		}
		require.Empty(t, p.letters(t))
		set(sound)
		p.fold(t)
		require.Equal(t, []string{"u 20000"}, p.standings(t, "c"))
	})
}

// TestDamagedRowCostsOnlyItsPlayer damages what is stored of two players. Their events are buried at once, one by one, and nobody else's
// batch is tried twice.
func TestDamagedRowCostsOnlyItsPlayer(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := start(t, s, options{now: still})
		p.publish(t, sprint("c", "type: sum"))
		round := func(number int) {
			for _, user := range []string{"a", "page", "b", "standing", "d"} {
				p.send(t, spin{id: fmt.Sprint(user, number), user: user, at: at(number), bet: 100, win: 100}.event())
			}
		}
		round(1)
		p.fold(t)
		p.stop()
		for _, damage := range []string{"player_page SET state = $1 WHERE id = 'page'", "standing SET state = $1 WHERE user_id = 'standing'"} {
			_, err := s.Write().ExecContext(t.Context(), "UPDATE "+damage, []byte{1, 2})
			require.NoError(t, err)
		}
		p = start(t, storetest.Again(t, s), options{now: still})
		for number := 2; number < 5; number++ {
			round(number)
			p.fold(t) // no batch fails
		}
		require.Equal(t, []string{"page2 commit ", "page3 commit ", "page4 commit ", "standing2 commit ", "standing3 commit ",
			"standing4 commit "}, p.letters(t))
		require.ElementsMatch(t, []string{"a 40000", "b 40000", "d 40000", "page 10000", "standing 10000"}, p.standings(t, "c"))
		_, difference := p.refolded(t, "c")
		require.Contains(t, difference, `standing of player "standing" in c: `)
	})
}

// TestUnreadableRecordKeepsItsName has a record that can't be decoded: the journal knows its id.
func TestUnreadableRecordKeepsItsName(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := start(t, s, options{now: still})
		body, hash := event.Content(nil, spin{id: "poison", user: "p", at: at(1), bet: 100, win: 100}.event())
		_, err := p.journal.Append(t.Context(), []journal.Entry{{EventID: "poison", UserID: "p", ContentHash: hash, Body: append(body, 0xff)}}, 1)
		require.NoError(t, err)
		p.fold(t)
		letters, err := p.journal.DeadLetters(t.Context(), journal.LetterFilter{Listing: store.Listing{Limit: 10}})
		require.NoError(t, err)
		require.Len(t, letters, 1)
		require.Equal(t, "poison", letters[0].EventID)
	})
}

// TestInterruptedEventIsNotBuried has the only event of a batch be interrupted, each time between folding and committing, more often than
// an event may fail.
func TestInterruptedEventIsNotBuried(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := start(t, s, options{now: still})
		p.publish(t, sprint("c", "type: sum"))
		p.fold(t)
		p.send(t, spin{id: "sound", user: "u", at: at(1), bet: 100, win: 100}.event())
		p.readable(t, 1)
		interrupt := func() {}
		p.pipeline.Scored = func(time.Duration, int) { interrupt() }
		for range 5 {
			ctx, cancel := context.WithCancel(t.Context())
			interrupt = cancel
			require.Error(t, p.pipeline.FoldOn(ctx))
		}
		interrupt = func() {}
		p.fold(t)
		require.Equal(t, []string{"u 10000"}, p.standings(t, "c"))
		require.Empty(t, p.letters(t))
	})
}

// TestBatchesShrinkAndGrow holds what becomes of a lane's batches against what happened to them.
func TestBatchesShrinkAndGrow(t *testing.T) {
	t.Parallel()
	p := start(t, storetest.Open(t, store.SQLite), options{batch: 100})
	slow, fine := pipeline.SlowBatch+1, pipeline.SlowBatch
	failed := errors.New("refused")
	cases := []struct {
		name     string
		outcomes []pipeline.Outcome
		want     []int
	}{
		{"slow ones halve down to one event", slices.Repeat([]pipeline.Outcome{{100, slow, nil}}, 7), []int{50, 25, 12, 6, 3, 1, 1}},
		{"and grow again", []pipeline.Outcome{{100, slow, nil}, {100, slow, nil}, {100, fine, nil}, {100, fine, nil}, {100, fine, nil}},
			[]int{50, 25, 50, 100, 100}},
		{"a slow one that was not full halves what it had", []pipeline.Outcome{{10, slow, nil}}, []int{5}},
		{"failed ones halve", []pipeline.Outcome{{100, 0, failed}, {100, 0, failed}, {100, 0, nil}}, []int{50, 25, 50}},
		{"what others did says nothing of the batch", []pipeline.Outcome{{100, 0, journal.ErrFenced}, {100, 0, catalog.ErrStale},
			{100, 0, context.Canceled}}, []int{100, 100, 100}},
	}
	for _, c := range cases {
		require.Equal(t, c.want, p.pipeline.Sizes(c.outcomes...), c.name)
	}
}

// TestManyEmittedEventsAreCut has one batch emit far more events than one transaction may append.
func TestManyEmittedEventsAreCut(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := start(t, s, options{now: still})
		p.publish(t, sprint("c", "type: count"))
		const matches, players = 200, 60
		events := make([]*laurelv1.Event, matches)
		for i := range events {
			events[i] = spin{id: fmt.Sprint("m", i), user: "u0", at: at(i), bet: 100, win: 100}.event()
			for player := range players {
				events[i].Participants = append(events[i].Participants, &laurelv1.Participant{User: &laurelv1.User{Id: fmt.Sprint("u", player)}})
			}
		}
		p.send(t, events...)
		p.fold(t)
		got := p.standings(t, "c")
		require.Len(t, got, players)
		for _, line := range got {
			require.Contains(t, line, fmt.Sprint(" ", matches*100))
		}
	})
}
