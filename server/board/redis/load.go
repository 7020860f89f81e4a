package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/journal"
)

const (
	// stageChunk is the entries of one staging command, and stageChunks the chunks sent in one round trip.
	stageChunk  = 500
	stageChunks = 8
	// stagedFor is how long a staged board outlives a loader that died.
	stagedFor = 10 * time.Minute
	// unstageWait bounds the clean-up after a failed load, most often from a server that is away: what is staged runs out by itself.
	unstageWait = time.Second
)

// What the swap script answers, beside 1 for done.
const (
	swapBehind = 2
	swapGone   = 3
)

// errTwice says that a player came twice in one load.
var errTwice = errors.New("a user comes twice; a board has one entry for each player")

// stage is a board being loaded under temporary keys.
type stage struct {
	client       goredis.UniversalClient
	rank, member string
	waiting      []board.Entry
	tie, count   int
	// fresh counts the players that were new to the staged board. It is below count when one came twice, or when the client sent a chunk
	// again after a broken connection, which the swap script tells apart.
	fresh int
}

// Load stages the entries under temporary keys, a bounded number at a time, and swaps them in with one script. When staged players
// vanish because Redis is flushed meanwhile, the error is board.ErrLost.
func (e *Engine) Load(ctx context.Context, id string, entries iter.Seq2[board.Entry, error], positions journal.Positions) error {
	if err := board.CheckLoad(id, nil); err != nil {
		return fmt.Errorf("load: %w", err)
	}
	// The name only has to differ from those of other loaders, which may be in other processes.
	name := rand.Text()
	s := &stage{client: e.client, rank: e.key(id, "rank:"+name), member: e.key(id, "member:"+name)}
	err := s.fill(ctx, entries)
	if err == nil {
		err = e.swapIn(ctx, id, name, s, positions)
	}
	if err != nil {
		s.discard(ctx)
		return fmt.Errorf("load board %q: %w", id, err)
	}
	return nil
}

func (s *stage) fill(ctx context.Context, entries iter.Seq2[board.Entry, error]) error {
	for entry, err := range entries {
		if err != nil {
			return err
		}
		if s.count == 0 && len(s.waiting) == 0 {
			s.tie = len(entry.Tie)
		}
		if err := entry.Check(s.tie); err != nil {
			return err
		}
		s.waiting = append(s.waiting, entry)
		if len(s.waiting) == stageChunk*stageChunks {
			if err := s.flush(ctx); err != nil {
				return err
			}
		}
	}
	return s.flush(ctx)
}

// flush sends what is waiting in one round trip.
func (s *stage) flush(ctx context.Context) error {
	if len(s.waiting) == 0 {
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, tripTime)
	defer cancel()
	pipe := s.client.Pipeline()
	var added []*goredis.Cmd
	for chunk := range slices.Chunk(s.waiting, stageChunk) {
		scores := appendScored([]any{"zadd", s.rank}, chunk)
		pipe.Do(ctx, scores...)
		members := make([]any, 0, 2+2*len(chunk))
		members = append(members, "hset", s.member)
		for i := range chunk {
			// A member is the second of the two words of each entry, after the command and its key.
			members = append(members, &chunk[i].UserID, scores[2+2*i+1])
		}
		added = append(added, pipe.Do(ctx, members...))
	}
	pipe.Expire(ctx, s.rank, stagedFor)
	pipe.Expire(ctx, s.member, stagedFor)
	if _, err := pipe.Exec(ctx); err != nil {
		return err
	}
	for _, reply := range added {
		n, err := reply.Int()
		if err != nil {
			return err
		}
		s.fresh += n
	}
	s.count += len(s.waiting)
	s.waiting = s.waiting[:0]
	return nil
}

// swapIn replaces the board by the staged one.
func (e *Engine) swapIn(ctx context.Context, id, name string, s *stage, positions journal.Positions) error {
	if err := board.CheckLoad(id, positions); err != nil {
		return err
	}
	c := call{keys: append(e.keys(id), s.rank, s.member), arguments: []any{s.count, s.tie, name}}
	for partition, seq := range positions {
		c.arguments = append(c.arguments, partition, seq)
	}
	replies, err := e.swap.run(ctx, e.client, []call{c})
	if err != nil {
		return err
	}
	switch verdict, err := replies[0].Int(); {
	case err != nil:
		return err
	case verdict == swapBehind:
		return board.ErrBehind
	case verdict == swapGone && s.fresh < s.count:
		return errTwice
	case verdict == swapGone:
		return fmt.Errorf("staged players vanished: %w", board.ErrLost)
	}
	return nil
}

// discard removes a staged board that was not swapped in. When even that fails, the keys expire.
func (s *stage) discard(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unstageWait)
	defer cancel()
	s.client.Unlink(ctx, s.rank, s.member)
}
