package api

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"
	goredis "github.com/redis/go-redis/v9"

	"github.com/laurelhq/laurel/server/identity"
)

const (
	// maxVisits bounds the last reads that one process remembers.
	maxVisits = 100_000
	// visitTTL is how long the processes together remember a last read.
	visitTTL = 24 * time.Hour
)

// visits remembers the score each caller last saw of a player, to tell him what changed since. With Redis all processes remember together,
// for visitTTL; without it, and while it is away, each remembers what it told itself and forgets the least active. The first read after
// that says that nothing changed.
type visits struct {
	common *commons
	units  *otter.Cache[visitKey, int64]
}

type visitKey struct{ caller, contest, user string }

func newVisits(common *commons) (*visits, error) {
	units, err := otter.New(&otter.Options[visitKey, int64]{MaximumSize: maxVisits})
	return &visits{common: common, units: units}, err
}

// here returns what this process remembers of the caller's last read, and has it remember this one.
func (v *visits) here(key visitKey, units int64) (before int64, seen bool) {
	v.units.Compute(key, func(old int64, found bool) (int64, otter.ComputeOp) {
		before, seen = old, found
		return units, otter.WriteOp
	})
	return before, seen
}

// placeless is delta for a player who has no place: this process alone remembers that he was asked for, since there is no end of names that
// nobody has.
func (v *visits) placeless(caller identity.Caller, contestID, userID string) int64 {
	before, _ := v.here(visitKey{callerKey(caller), contestID, userID}, 0)
	return -before
}

// delta returns by how many units the player's score changed since the caller's last read, and remembers this one.
func (v *visits) delta(ctx context.Context, caller identity.Caller, contestID, userID string, units int64) int64 {
	key := visitKey{callerKey(caller), contestID, userID}
	before, seen := v.here(key, units)
	v.common.ask(ctx, func(ctx context.Context) error {
		name := v.common.key("seen", strings.Join([]string{key.caller, key.contest, key.user}, "\x00"))
		text, err := v.common.client.SetArgs(ctx, name, units, goredis.SetArgs{Get: true, TTL: visitTTL}).Result()
		if err != nil {
			return err
		}
		was, err := strconv.ParseInt(text, 10, 64)
		if err == nil {
			before, seen = was, true
		}
		return err
	})
	if !seen {
		return 0
	}
	return units - before
}
