package journal

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// process is one of several that share a database.
type process struct {
	store   *store.Store
	journal *Journal
	*Member
}

// start starts another process on a database.
func start(t *testing.T, url string, exclusive bool) *process {
	t.Helper()
	s := openAt(t, url)
	j := open(t, s)
	return &process{s, j, j.Join("host", exclusive)}
}

// beat beats and keeps what every share must hold.
func (p *process) beat(t *testing.T) Share {
	t.Helper()
	var share Share
	require.NoError(t, again(func() (err error) {
		share, err = p.Beat(t.Context())
		return err
	}))
	_, leads := share.Held[0]
	require.Equal(t, leads, share.Leads)
	for _, surplus := range share.Surplus {
		require.Contains(t, share.Held, surplus)
	}
	return share
}

// yield gives the surplus of a share back, as a lane does between two batches.
func (p *process) yield(t *testing.T, share Share) {
	t.Helper()
	var moves []Move
	for _, id := range share.Surplus {
		h := share.Held[id]
		moves = append(moves, Move{Partition: id, Epoch: h.Epoch, Cursor: h.Cursor, Published: h.Cursor})
	}
	require.NoError(t, p.GiveBack(t.Context(), moves))
}

// advance moves all partitions of a share to one position.
func (p *process) advance(t *testing.T, share Share, position int64) error {
	t.Helper()
	return again(func() error {
		return p.store.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return p.journal.Advance(ctx, tx, movesTo(share, position))
		})
	})
}

// again does something again while it meets connections that were ended: a process that was taken for dead finds its pool full of them.
func again(do func() error) (err error) {
	const connections = 30
	for range connections {
		if err = do(); !store.IsUnavailable(err) {
			return err
		}
	}
	return err
}

func movesTo(share Share, position int64) []Move {
	var moves []Move
	for id, h := range share.Held {
		moves = append(moves, Move{Partition: id, Epoch: h.Epoch, From: h.Cursor, Cursor: position, Published: position - 1})
	}
	return moves
}

// die makes a process look as if its last heartbeat had been some time ago.
func (p *process) die(t *testing.T, ago time.Duration) {
	t.Helper()
	_, err := p.store.Write().ExecContext(t.Context(), "UPDATE process SET seen_until = seen_until - $1 WHERE id = $2", (LeaseDuration + ago).
		Microseconds(), p.ID())
	require.NoError(t, err)
}

// eachDatabase runs a test on every dialect with the address of a database.
func eachDatabase(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	for _, dialect := range storetest.Dialects {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			test(t, storetest.URL(t, dialect))
		})
	}
}

func held(share Share) []int { return slices.Sorted(maps.Keys(share.Held)) }

func TestMembersShareFairly(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, url string) {
		all := []*process{start(t, url, false)}
		first := all[0].beat(t)
		require.Len(t, first.Held, DefaultPartitions)
		require.True(t, first.Leads)
		require.Empty(t, first.Surplus)
		require.Equal(t, 1, first.Alive)
		for _, h := range first.Held {
			require.Equal(t, h.Cursor, h.Published, "nobody had them before")
		}
		require.NoError(t, all[0].advance(t, first, 7))

		settle := func() (sizes []int, owners map[int]int) {
			for range 3 {
				for _, p := range all {
					p.yield(t, p.beat(t))
				}
			}
			owners = map[int]int{}
			for i, p := range all {
				share := p.beat(t)
				require.Equal(t, len(all), share.Alive)
				require.Empty(t, share.Surplus)
				for id, h := range share.Held {
					require.NotContains(t, owners, id, "a partition has one owner")
					require.EqualValues(t, 7, h.Cursor)
					owners[id] = i
				}
				sizes = append(sizes, len(share.Held))
			}
			require.Len(t, owners, DefaultPartitions)
			slices.Sort(sizes)
			return sizes, owners
		}
		all = append(all, start(t, url, false))
		sizes, _ := settle()
		require.Equal(t, []int{8, 8}, sizes)
		all = append(all, start(t, url, false))
		sizes, _ = settle()
		require.Equal(t, []int{5, 5, 6}, sizes)

		require.NoError(t, all[1].Leave(t.Context()))
		all = slices.Delete(all, 1, 2)
		sizes, before := settle()
		require.Equal(t, []int{8, 8}, sizes)
		_, after := settle()
		require.Equal(t, before, after, "nothing moves without a reason")
	})
}

// TestPartitionsOfADeadProcessMove has one process die: the others take what it owned at their next heartbeat, without asking for the same
// ones.
func TestPartitionsOfADeadProcessMove(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, url string) {
		dead := start(t, url, false)
		share := dead.beat(t)
		require.NoError(t, dead.advance(t, share, 7))
		share = dead.beat(t)
		first, second := start(t, url, false), start(t, url, false)
		require.Empty(t, first.beat(t).Held, "nothing is free")
		require.Empty(t, second.beat(t).Held)
		dead.die(t, time.Millisecond)
		one, two := first.beat(t), second.beat(t)
		require.ElementsMatch(t, held(share), append(held(one), held(two)...))
		require.Len(t, one.Held, DefaultPartitions/2)
		require.Equal(t, 2, one.Alive)
		for id, h := range one.Held {
			require.Equal(t, Holding{Epoch: share.Held[id].Epoch + 1, Cursor: 7, Published: 6}, h)
		}
		require.Equal(t, one, first.beat(t), "it stays as it is")

		require.ErrorIs(t, dead.advance(t, share, 9), ErrFenced, "the late writer changes nothing")
		late := dead.beat(t)
		require.Empty(t, late.Held, "it finds out with its next heartbeat")
		require.Equal(t, 3, late.Alive)

		second.die(t, time.Hour)
		first.beat(t)
		var rows int
		require.NoError(t, first.store.Read().QueryRowContext(t.Context(), "SELECT count(*) FROM process").Scan(&rows))
		require.Equal(t, 2, rows, "who is long dead is forgotten")
	})
}

// TestLateHeartbeatKeepsWhatNobodyTook has a process stand still for longer than its lease while nobody else is there.
func TestLateHeartbeatKeepsWhatNobodyTook(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, url string) {
		p := start(t, url, false)
		share := p.beat(t)
		p.die(t, time.Hour)
		require.Equal(t, share, p.beat(t))
		require.NoError(t, p.advance(t, share, 7))
	})
}

// TestClaimWhoseAnswerWasLost finds rows in its own name with an epoch that it doesn't know.
func TestClaimWhoseAnswerWasLost(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, url string) {
		p := start(t, url, false)
		share := p.beat(t)
		_, err := p.store.Write().ExecContext(t.Context(), "UPDATE journal_partition SET epoch = epoch + 1 WHERE id = 3")
		require.NoError(t, err)
		require.ErrorIs(t, p.advance(t, share, 7), ErrFenced)
		anew := p.beat(t)
		require.Len(t, anew.Held, DefaultPartitions)
		require.Equal(t, share.Held[3].Epoch+2, anew.Held[3].Epoch, "it is claimed anew")
		require.Equal(t, share.Held[4], anew.Held[4])
		require.NoError(t, p.advance(t, anew, 7))
	})
}

// TestHeartbeatFromBeforeTheClockWasSetBackRunsOut: a process died, and the database's clock was set back by an hour since.
func TestHeartbeatFromBeforeTheClockWasSetBackRunsOut(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, url string) {
		died, next := start(t, url, false), start(t, url, false)
		died.beat(t)
		died.die(t, -clockSlack/2-LeaseDuration)
		require.Empty(t, next.beat(t).Held, "it may be alive")
		died.die(t, -time.Hour)
		require.Len(t, next.beat(t).Held, DefaultPartitions, "nobody waits an hour for the partitions")
	})
}

func TestExclusiveMembersTakeAllOrNothing(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, url string) {
		var all []*process
		for range 4 {
			all = append(all, start(t, url, true))
		}
		shares := make([]Share, len(all))
		done := make(chan error, len(all))
		for i, p := range all {
			go func() {
				var err error
				shares[i], err = p.Beat(t.Context())
				done <- err
			}()
		}
		for range all {
			require.NoError(t, <-done)
		}
		owner := slices.IndexFunc(shares, func(s Share) bool { return len(s.Held) > 0 })
		require.GreaterOrEqual(t, owner, 0)
		for i, share := range shares {
			require.Empty(t, share.Surplus)
			if i == owner {
				require.Len(t, share.Held, DefaultPartitions)
			} else {
				require.Empty(t, share.Held)
			}
		}
		all[owner].die(t, time.Second)
		next := all[(owner+1)%len(all)]
		require.Len(t, next.beat(t).Held, DefaultPartitions)
		require.Empty(t, all[owner].beat(t).Held)
		require.NoError(t, next.Leave(t.Context()))
		share := all[owner].beat(t)
		require.Len(t, share.Held, DefaultPartitions)
		for _, h := range share.Held {
			require.Equal(t, h.Cursor, h.Published, "it was given back")
		}
	})
}

// TestExclusiveMemberGivesPartsBack has a process that must own all meet one that shares.
func TestExclusiveMemberGivesPartsBack(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, url string) {
		alone, other := start(t, url, true), start(t, url, false)
		require.Len(t, alone.beat(t).Held, DefaultPartitions)
		_, err := alone.store.Write().ExecContext(t.Context(), "UPDATE journal_partition SET owner = '', epoch = epoch + 1 WHERE id = 0")
		require.NoError(t, err)
		require.Equal(t, []int{0}, held(other.beat(t)))
		share := alone.beat(t)
		require.Equal(t, held(share), share.Surplus)
		alone.yield(t, share)
		require.Empty(t, alone.beat(t).Held)
	})
}

func TestMovesNeverGoBack(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, url string) {
		p := start(t, url, false)
		share := p.beat(t)
		require.NoError(t, p.advance(t, share, 50))
		require.ErrorIs(t, p.advance(t, share, 60), ErrFenced,
			"the rows have moved from where the batch began: a commit whose answer was lost came through")
		require.NoError(t, p.advance(t, p.beat(t), 40))
		got := p.beat(t).Held[3]
		require.EqualValues(t, 50, got.Cursor)
		require.EqualValues(t, 49, got.Published)

		require.NoError(t, p.GiveBack(t.Context(), []Move{
			{Partition: 3, Epoch: got.Epoch, Cursor: 45, Published: 50},
			{Partition: 4, Epoch: share.Held[4].Epoch + 1, Cursor: 90, Published: 90},
		}))
		late := p.store.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return p.journal.Advance(ctx, tx, []Move{{Partition: 3, Epoch: got.Epoch, From: 50, Cursor: 70}})
		})
		require.ErrorIs(t, late, ErrFenced, "what was given back is not the member's any more")
		anew := p.beat(t)
		require.Equal(t, Holding{Epoch: got.Epoch + 2, Cursor: 50, Published: 50}, anew.Held[3])
		require.EqualValues(t, 50, anew.Held[4].Cursor, "a partition that was lost is left alone")
	})
}

// TestLeavingWithBoardsBehindIsAnInheritance tells the next owner that boards may miss something.
func TestLeavingWithBoardsBehindIsAnInheritance(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, url string) {
		p, next := start(t, url, false), start(t, url, false)
		require.NoError(t, p.advance(t, p.beat(t), 50))
		require.NoError(t, p.Leave(t.Context()))
		for _, h := range next.beat(t).Held {
			require.Less(t, h.Published, h.Cursor, "boards may miss what was folded last")
		}
	})
}

// TestOpenTransactionOfAFrozenProcess has a process freeze with its fold transaction open. Its heartbeats end, and with its lease, so that
// the database ends the session, or whoever takes over does.
func TestOpenTransactionOfAFrozenProcess(t *testing.T) {
	t.Parallel()
	url := storetest.URL(t, store.Postgres)
	frozen, next := start(t, url, false), start(t, url, false)
	share := frozen.beat(t)
	open, thaw, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- frozen.store.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			defer close(open)
			if err := frozen.journal.AppendTx(ctx, tx, []Entry{entry("emitted", "1")}, 1); err != nil {
				return err
			}
			if err := frozen.journal.Advance(ctx, tx, movesTo(share, 7)); err != nil {
				return err
			}
			open <- struct{}{}
			<-thaw
			return nil
		})
	}()
	<-open
	appendOne(t, next.journal, "a")
	requireReadable(t, next.journal, 0, "an append below is open")

	require.EventuallyWithT(t, func(c *assert.CollectT) {
		got, err := next.Beat(t.Context())
		assert.NoError(c, err)
		assert.Len(c, got.Held, DefaultPartitions)
	}, patience, 50*time.Millisecond)
	requireReadable(t, next.journal, 1, "nothing of the frozen process holds the reader back")
	close(thaw)
	err := <-ended
	require.Error(t, err)
	require.True(t, store.IsUnavailable(err), "got %v", err)
	require.Empty(t, frozen.beat(t).Held, "its other connections are made anew")
}

// TestBusySessionOfADeadProcess has the session of a dead process stay in a statement, where only its new owner can end it.
func TestBusySessionOfADeadProcess(t *testing.T) {
	t.Parallel()
	url := storetest.URL(t, store.Postgres)
	dead, next := start(t, url, false), start(t, url, false)
	share := dead.beat(t)
	failed := make(chan error, 1)
	locked := make(chan struct{})
	go func() {
		failed <- dead.store.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			err := dead.journal.Advance(ctx, tx, movesTo(share, 7))
			close(locked)
			if err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, "SELECT pg_sleep(600)")
			return err
		})
	}()
	<-locked
	dead.die(t, time.Millisecond)
	require.Len(t, next.beat(t).Held, DefaultPartitions, "at the first heartbeat")
	err := <-failed
	require.True(t, store.IsUnavailable(err), "got %v", err)
}

// TestClaimDoesNotWaitForOthers has somebody else lock a partition's row: the heartbeat is stored all the same, and the rest stays as it
// was.
func TestClaimDoesNotWaitForOthers(t *testing.T) {
	t.Parallel()
	url := storetest.URL(t, store.Postgres)
	p, other := start(t, url, false), start(t, url, false)
	p.beat(t)
	require.NoError(t, p.Leave(t.Context()))
	foreign := begin(t, url)
	_, err := foreign.ExecContext(t.Context(), "SELECT 1 FROM journal_partition WHERE id = 3 FOR UPDATE")
	require.NoError(t, err)
	_, err = p.Beat(t.Context())
	require.True(t, store.IsUnavailable(err), "got %v", err)
	require.Equal(t, 2, other.beatAlive(t))
	require.NoError(t, foreign.Rollback())
	p.yield(t, p.beat(t))
	require.Len(t, p.beat(t).Held, DefaultPartitions/2)
}

// beatAlive beats and returns how many are alive, whatever became of the claim.
func (p *process) beatAlive(t *testing.T) (alive int) {
	t.Helper()
	_, _ = p.Beat(t.Context())
	require.NoError(t, p.store.Read().QueryRowContext(t.Context(), "SELECT count(*) FROM process WHERE seen_until > "+p.store.Dialect().
		ClockMicros()).Scan(&alive))
	return alive
}

// TestTimeOutsEndBeforeTheLease asserts what the time-outs of store are for.
func TestTimeOutsEndBeforeTheLease(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.Postgres)
	for _, name := range []string{"idle_in_transaction_session_timeout", "lock_timeout"} {
		var millis int64
		require.NoError(t, s.Write().QueryRowContext(t.Context(), fmt.Sprintf("SELECT setting::bigint FROM pg_settings WHERE name = '%s'", name)).
			Scan(&millis))
		require.Positive(t, millis)
		require.Less(t, millis, LeaseDuration.Milliseconds(), name)
	}
}
