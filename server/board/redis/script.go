package redis

import (
	"context"
	"crypto/sha1"
	_ "embed"
	"encoding/hex"
	"errors"

	goredis "github.com/redis/go-redis/v9"
)

var (
	//go:embed script/live.lua
	liveSource string
	//go:embed script/apply.lua
	applySource string
	//go:embed script/page.lua
	pageSource string
	//go:embed script/rank.lua
	rankSource string
	//go:embed script/swap.lua
	swapSource string
)

// script is a Lua script and the hash by which Redis remembers it.
type script struct {
	source, hash string
}

func newScript(body string) script {
	source := liveSource + "\n" + body
	// Redis names scripts by their SHA-1; nothing is secured by it.
	sum := sha1.Sum([]byte(source))
	return script{source: source, hash: hex.EncodeToString(sum[:])}
}

// call is one run of a script on one slot. Arguments may be strings or pointers to strings, which cost no allocation.
type call struct {
	keys      []string
	arguments []any
}

// run sends calls of one script in one round trip and gives each one's reply. A server that doesn't know the script yet gets its source
// in a second one; the calls that this repeats had no effect.
func (s script) run(ctx context.Context, client goredis.UniversalClient, calls []call) ([]*goredis.Cmd, error) {
	replies, err := s.send(ctx, client, "evalsha", s.hash, calls)
	if err == nil || !unknownScript(replies) {
		return replies, err
	}
	var again []call
	var at []int
	for i, reply := range replies {
		if goredis.HasErrorPrefix(reply.Err(), "NOSCRIPT") {
			again, at = append(again, calls[i]), append(at, i)
		}
	}
	repeated, err := s.send(ctx, client, "eval", s.source, again)
	if err != nil {
		return nil, err
	}
	for i, reply := range repeated {
		replies[at[i]] = reply
	}
	return replies, firstError(replies)
}

func (s script) send(ctx context.Context, client goredis.UniversalClient, verb, name string, calls []call) ([]*goredis.Cmd, error) {
	ctx, cancel := context.WithTimeout(ctx, tripTime)
	defer cancel()
	pipe := client.Pipeline()
	replies := make([]*goredis.Cmd, len(calls))
	for i, c := range calls {
		words := make([]any, 0, 3+len(c.keys)+len(c.arguments))
		words = append(words, verb, name, len(c.keys))
		for _, key := range c.keys {
			words = append(words, key)
		}
		replies[i] = pipe.Do(ctx, append(words, c.arguments...)...)
	}
	// Exec's own error is that of one of the replies, which are looked at one by one.
	_, _ = pipe.Exec(ctx)
	return replies, firstError(replies)
}

// firstError finds a reply that failed. A nil reply says that the board is lost, which isn't a failure of the call.
func firstError(replies []*goredis.Cmd) error {
	for _, reply := range replies {
		if err := reply.Err(); err != nil && !errors.Is(err, goredis.Nil) {
			return err
		}
	}
	return nil
}

func unknownScript(replies []*goredis.Cmd) bool {
	for _, reply := range replies {
		if goredis.HasErrorPrefix(reply.Err(), "NOSCRIPT") {
			return true
		}
	}
	return false
}
