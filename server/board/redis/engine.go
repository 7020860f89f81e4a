package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/laurelhq/laurel/server/board"
)

// tripTime bounds one round trip. A server that accepts what it is asked and answers nothing is away: a load, which has many trips, holds a
// read of the database meanwhile. It holds for a client with ContextTimeoutEnabled.
const tripTime = 5 * time.Second

// Engine keeps boards on a Redis server or cluster. It holds no state of its own beside the connection: any number of engines in any
// number of processes may share boards.
type Engine struct {
	client  goredis.UniversalClient
	prefix  string
	cluster bool

	apply, page, rank, swap script
}

var _ board.Engine = (*Engine)(nil)

// New returns an engine on a client, which the caller closes. The prefix begins every key and tells apart installations that share a
// server. A Ring is refused: it would scatter the boards of one call without Redis noticing.
func New(client goredis.UniversalClient, prefix string) (*Engine, error) {
	e := &Engine{
		client: client,
		prefix: prefix,
		apply:  newScript(applySource),
		page:   newScript(pageSource),
		rank:   newScript(rankSource),
		swap:   newScript(swapSource),
	}
	switch client.(type) {
	case *goredis.Client:
	case *goredis.ClusterClient:
		e.cluster = true
	default:
		return nil, fmt.Errorf("redis client is a %T; boards need a single server or a Redis Cluster", client)
	}
	if prefix == "" || strings.ContainsAny(prefix, "{}") {
		return nil, fmt.Errorf("redis key prefix is %q; it must not be empty nor have braces, which belong to the hash tag", prefix)
	}
	return e, nil
}

// Page reads places from+1 to from+count; count is at most board.MaxPage.
func (e *Engine) Page(ctx context.Context, id string, from, count int64) (board.Page, error) {
	if err := board.CheckPage(from, count); err != nil {
		return board.Page{}, fmt.Errorf("page of board %q: %w", id, err)
	}
	replies, err := e.page.run(ctx, e.client, []call{{keys: e.keys(id), arguments: []any{from, from + count - 1}}})
	if err != nil {
		return board.Page{}, fmt.Errorf("page of board %q: %w", id, err)
	}
	page, err := readPage(replies[0], from)
	if err != nil {
		return board.Page{}, fmt.Errorf("page of board %q: %w", id, err)
	}
	return page, nil
}

const (
	// rankCall is the most users of one script call; each costs the server about two microseconds.
	rankCall = 1000
	// rankAttempts bounds the tries of a Rank of more than rankCall users that meets loads of its board.
	rankAttempts = 3
)

// errUnsettled says that a board was loaded again and again while its players' ranks were read in several calls.
var errUnsettled = errors.New("the board was loaded again during each of several tries")

// Rank reads the players' rows in the order of users, up to rankCall of them at one moment. More take several calls in one round
// trip; the board may go on between those, but isn't replaced.
func (e *Engine) Rank(ctx context.Context, id string, users []string) ([]board.Row, error) {
	for range rankAttempts {
		rows, settled, err := e.tryRank(ctx, id, users)
		if err != nil {
			return nil, fmt.Errorf("rank on board %q: %w", id, err)
		}
		if settled {
			return rows, nil
		}
	}
	return nil, fmt.Errorf("rank on board %q: %w", id, errUnsettled)
}

// tryRank is not settled when its calls met different loads of the board.
func (e *Engine) tryRank(ctx context.Context, id string, users []string) (rows []board.Row, settled bool, err error) {
	var calls []call
	for from := 0; from == 0 || from < len(users); from += rankCall {
		c := call{keys: e.keys(id)}
		for i := from; i < min(from+rankCall, len(users)); i++ {
			c.arguments = append(c.arguments, &users[i])
		}
		calls = append(calls, c)
	}
	replies, err := e.rank.run(ctx, e.client, calls)
	if err != nil {
		return nil, false, err
	}
	rows = make([]board.Row, 0, len(users))
	first := ""
	for i, reply := range replies {
		load, part, err := readRanks(reply, users[min(i*rankCall, len(users)):min((i+1)*rankCall, len(users))])
		if err != nil {
			return nil, false, err
		}
		if i > 0 && load != first {
			return nil, false, nil
		}
		first, rows = load, append(rows, part...)
	}
	return rows, true, nil
}

// Drop forgets a board.
func (e *Engine) Drop(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, tripTime)
	defer cancel()
	if err := e.client.Unlink(ctx, e.keys(id)...).Err(); err != nil {
		return fmt.Errorf("drop board %q: %w", id, err)
	}
	return nil
}
