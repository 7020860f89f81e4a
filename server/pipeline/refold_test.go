package pipeline_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/archive"
	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/fold"
	"github.com/laurelhq/laurel/server/pipeline"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// refolded folds the journal anew and returns the number of players and what differs.
func (p *process) refolded(t *testing.T, contestID string) (players int64, difference string) {
	t.Helper()
	err := pipeline.Refold(t.Context(), p.store, p.journal, &archive.Shelf{}, []*contest.Live{p.contest(t, contestID)},
		func(result pipeline.Refolded) error {
			players, difference = result.Players, result.Difference
			return nil
		})
	require.NoError(t, err)
	return players, difference
}

// TestRefoldOfALatePublishedContestIsEqual publishes a contest when events of its window have been folded already. They do not count, in
// the fold as in its proof.
func TestRefoldOfALatePublishedContestIsEqual(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := start(t, s, options{eventClock: true})
		p.publish(t, sprint("early", "type: sum"))
		p.send(t, spin{id: "1", user: "a", at: at(1), bet: 100, win: 100}.event(), spin{id: "2", user: "b", at: at(2), bet: 100,
			win: 100}.event())
		p.fold(t)
		p.publish(t, sprint("late", "type: sum"))
		p.send(t, spin{id: "3", user: "a", at: at(3), bet: 100, win: 100}.event())
		p.fold(t)
		require.Equal(t, []string{"a 10000"}, p.standings(t, "late"))
		for id, want := range map[string]int64{"early": 2, "late": 1} {
			players, difference := p.refolded(t, id)
			require.Empty(t, difference, id)
			require.Equal(t, want, players, id)
		}
	})
}

// TestRefoldReadsTheJournalOnceForWhatThereIsRoomFor folds more contests than one, with room for all, for some, and for none.
func TestRefoldReadsTheJournalOnceForWhatThereIsRoomFor(t *testing.T) {
	t.Parallel()
	const contests, players = 100, 40
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := start(t, s, options{eventClock: true})
		for i := range contests {
			p.publish(t, sprint(fmt.Sprintf("c_%03d", i), "type: sum"))
		}
		for i := range players {
			p.send(t, spin{id: fmt.Sprint(i), user: fmt.Sprint("u_", i), at: at(i), bet: 100, win: int64(i)}.event())
		}
		p.fold(t)
		_, err := s.Write().ExecContext(t.Context(), "UPDATE standing SET units = 1 WHERE contest_id = 'c_077' AND user_id = 'u_7'")
		require.NoError(t, err)
		for room, most := range map[int]int{math.MaxInt: 1, contests * players * 100: 8, 1: contests} {
			readings, found := map[int]int{}, 0
			err := pipeline.RefoldWithin(t.Context(), s, p.journal, &archive.Shelf{}, room, p.contests.Set().All(), func(r pipeline.Refolded) error {
				readings[r.Reading]++
				require.EqualValues(t, players, r.Players, r.Contest.ID)
				require.Equal(t, r.Contest.ID == "c_077", r.Difference != "", "%s: %s", r.Contest.ID, r.Difference)
				found++
				return nil
			})
			require.NoError(t, err)
			require.Equal(t, contests, found)
			require.LessOrEqual(t, len(readings), most, "%d bytes", room)
			require.Equal(t, room == math.MaxInt, len(readings) == 1, "%d bytes", room)
			t.Logf("%d bytes: %d readings", room, len(readings))
		}
	})
}

// TestRefoldNamesATamperedStanding changes, adds and removes standings behind the fold's back.
func TestRefoldNamesATamperedStanding(t *testing.T) {
	t.Parallel()
	change := func(t *testing.T, s *store.Store, do func(row *fold.Row)) {
		t.Helper()
		rows, err := contest.Standings{}.Load(t.Context(), s, []fold.Key{contest.KeyOf("c", "a")})
		require.NoError(t, err)
		do(rows[0])
		require.NoError(t, s.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return contest.Standings{}.Store(ctx, tx, rows) }))
	}
	cases := []struct {
		name, want string
		tamper     func(t *testing.T, s *store.Store)
	}{
		{"changed", `player "a" is stored with 10001`, func(t *testing.T, s *store.Store) {
			change(t, s, func(row *fold.Row) { contest.Of(row).Units++ })
		}},
		{"on boards", `player "a" is on boards with 11000`, func(t *testing.T, s *store.Store) {
			_, err := s.Write().ExecContext(t.Context(), "UPDATE standing SET units = units + 1000 WHERE user_id = 'a'")
			require.NoError(t, err)
		}},
		{"made up", `player "z" is stored with 10000 and the journal has nothing`, func(t *testing.T, s *store.Store) {
			change(t, s, func(row *fold.Row) { row.Stored, row.Subject = false, "z" })
		}},
		{"removed", `player "a" has no standing and the journal gives 10000`, func(t *testing.T, s *store.Store) {
			_, err := s.Write().ExecContext(t.Context(), "DELETE FROM standing WHERE user_id = 'a'")
			require.NoError(t, err)
		}},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := start(t, s, options{eventClock: true})
		p.publish(t, sprint("c", "type: sum"))
		p.send(t, spin{id: "1", user: "a", at: at(1), bet: 100, win: 100}.event(), spin{id: "2", user: "b", at: at(2), bet: 100,
			win: 100}.event())
		p.fold(t)
		_, difference := p.refolded(t, "c")
		require.Empty(t, difference)
		before, err := contest.Standings{}.Load(t.Context(), s, []fold.Key{contest.KeyOf("c", "a")})
		require.NoError(t, err)
		for _, c := range cases {
			c.tamper(t, s)
			_, difference := p.refolded(t, "c")
			require.Contains(t, difference, c.want, c.name)
			_, err := s.Write().ExecContext(t.Context(), "DELETE FROM standing WHERE user_id IN ('a', 'z')")
			require.NoError(t, err)
			before[0].Stored = false
			require.NoError(t, s.Tx(t.Context(),
				func(ctx context.Context, tx *store.Tx) error { return contest.Standings{}.Store(ctx, tx, before) }))
		}
		_, difference = p.refolded(t, "c")
		require.Empty(t, difference)
	})
}

// TestRefoldKnowsWhatOlderVersionsCounted has a standing as versions before wrote it, which counted rounds that are not among the best and
// moved its position with each. It is no difference, as long as its columns say what its state says.
func TestRefoldKnowsWhatOlderVersionsCounted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := start(t, s, options{now: still})
		p.publish(t, sprint("c", "type: best_n_rounds, n: 2"))
		for i := range 5 {
			p.send(t, spin{id: fmt.Sprint(i), user: "a", at: at(i), bet: 100, win: int64(600 - 100*i)}.event())
		}
		p.fold(t)
		var state []byte
		require.NoError(t, s.Read().QueryRowContext(t.Context(), "SELECT state FROM standing").Scan(&state))
		standing, err := contest.UnmarshalStanding(state)
		require.NoError(t, err)
		require.EqualValues(t, 2, standing.Rounds)
		standing.Rounds = 5
		store := func(rounds int) {
			_, err := s.Write().ExecContext(t.Context(), "UPDATE standing SET rounds = $1, seq = seq + 3, state = $2", rounds,
				standing.AppendBinary(nil))
			require.NoError(t, err)
		}
		store(5)
		_, difference := p.refolded(t, "c")
		require.Empty(t, difference)
		store(7)
		_, difference = p.refolded(t, "c")
		require.Contains(t, difference, `"a" is on boards with 110000 from 7 rounds`)
	})
}

// TestRefoldNamesATamperedResult changes what a final contest is shown by: its places, how many they are, and its hash.
func TestRefoldNamesATamperedResult(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		clock := clockAt(60)
		p := start(t, s, options{now: clock.now})
		p.publish(t, sprint("c", "type: sum"))
		for i, user := range []string{"a", "b", "c"} {
			p.send(t, spin{id: user, user: user, at: at(1), bet: 100, win: int64(300 - 100*i)}.event())
		}
		p.fold(t)
		clock.set(3700)
		p.settle(t, "c")
		exec := func(statement string) {
			_, err := s.Write().ExecContext(t.Context(), statement)
			require.NoError(t, err)
		}
		frozen := func() (difference string) {
			again := start(t, storetest.Again(t, s), options{now: clock.now}) // contests that were read before the change are kept
			defer again.stop()
			require.NoError(t, pipeline.Refold(t.Context(), s, p.journal, &archive.Shelf{}, []*contest.Live{again.contest(t, "c")},
				func(result pipeline.Refolded) error {
					require.Empty(t, result.Difference)
					difference = result.Frozen
					return nil
				}))
			return difference
		}
		require.Empty(t, frozen())
		hash := p.contest(t, "c").ResultHash
		p.stop()
		unlock := map[store.Dialect]string{
			store.SQLite:   "DROP TRIGGER final_standing_no_update; DROP TRIGGER final_standing_no_delete",
			store.Postgres: "DROP TRIGGER final_standing_append_only ON final_standing",
		}
		exec(unlock[s.Dialect()])
		for _, c := range []struct{ tamper, mend, want string }{
			{"UPDATE final_standing SET units = 99 WHERE place = 2", "UPDATE final_standing SET units = 20000 WHERE place = 2",
				`place 2 is frozen with player "b" and 99`},
			{"UPDATE contest SET result_hash = 'x'", "", "the result hash is x"},
		} {
			exec(c.tamper)
			require.Contains(t, frozen(), c.want)
			if c.mend != "" {
				exec(c.mend)
				require.Empty(t, frozen())
			}
		}
		exec("UPDATE contest SET result_hash = '" + hash + "'")
		require.Empty(t, frozen())
		exec("UPDATE contest SET final_seq = '99999999999'")
		require.Contains(t, frozen(), "the places are shown as of positions 99999999999")
		exec("UPDATE contest SET players = 7")
		require.Contains(t, frozen(), "3 places are frozen, the contest says 7 players")
		exec("DELETE FROM final_standing WHERE place = 3")
		require.Contains(t, frozen(), `place 3, player "c" with 10000, is not frozen`)
	})
}

// TestVerifyNamesATamperedBoardEntry changes a score in Redis, where anyone with its password can.
func TestVerifyNamesATamperedBoardEntry(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		engine, server := redisEngine(t)
		p := start(t, s, options{eventClock: true, engine: engine})
		p.publish(t, sprint("c", "type: sum"))
		for i, user := range []string{"a", "b", "c"} {
			p.send(t, spin{id: user, user: user, at: at(1), bet: 100, win: int64(300 - 100*i)}.event())
		}
		p.fold(t)
		p.equalsStandings(t, engine, "c", "the board is built")
		p.stop()
		keys, err := server.Client().Keys(t.Context(), "*rank").Result()
		require.NoError(t, err)
		require.Len(t, keys, 1)
		require.NoError(t, server.Client().ZIncrBy(t.Context(), keys[0], -1, "b").Err()) // scores are kept negated
		places, difference, err := board.Verify(t.Context(), engine, s, "c")
		require.NoError(t, err)
		require.EqualValues(t, 1, places, "the place above is equal")
		require.Equal(t, &board.Difference{
			Place: 2, Board: board.Entry{UserID: "b", Units: 20_001}, Standings: board.Entry{UserID: "b", Units: 20_000},
		}, difference)
	})
}

const (
	// cutContests times cutEvents is more standings, dead letters or late events than one batch may hold.
	cutContests, cutEvents = 52, 2000
	cutPlayers             = 7
)

// TestBatchCutAtItsRowsKeepsResults sends one batch of players who meet so many contests that the batch is folded in two. Each event counts
// once in each contest, and the boards hear of both parts.
func TestBatchCutAtItsRowsKeepsResults(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := start(t, s, options{eventClock: true})
		parts := map[string]int{}
		p.pipeline.Changed = func(contestID string, _ int64) { parts[contestID]++ }
		for i := range cutContests {
			_, _, err := p.catalog.Publish(t.Context(), catalog.Publication{Yaml: sprint(fmt.Sprint("c", i), "type: count"), By: "test"})
			require.NoError(t, err)
		}
		require.NoError(t, p.contests.Sync(t.Context()))
		for from := 0; from < cutEvents; from += 1000 {
			events := make([]*laurelv1.Event, 0, 1000)
			for i := from; i < from+1000; i++ {
				events = append(events, spin{id: fmt.Sprint(i), user: fmt.Sprint("u", i), at: at(i % 3600), bet: 100, win: 100}.event())
			}
			p.send(t, events...)
		}
		p.readable(t, cutEvents)
		p.fold(t)
		for _, id := range []string{"c0", fmt.Sprint("c", cutContests-1)} {
			require.Equal(t, 2, parts[id], "the batch was cut in two")
			players, difference := p.refolded(t, id)
			require.Empty(t, difference)
			require.EqualValues(t, cutEvents, players)
			var rounds int64
			require.NoError(t, s.Read().QueryRowContext(t.Context(), "SELECT sum(rounds) FROM standing WHERE contest_id = $1", id).Scan(&rounds))
			require.EqualValues(t, cutEvents, rounds)
		}
	})
}
