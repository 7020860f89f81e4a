package api

import (
	"context"
	"errors"
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

// visits remembers the score each caller last saw of a player, to tell him what changed since. With Redis all processes remember together, for visitTTL;
// without it, and while it is away, each remembers what it told itself and forgets the least active. The first read after that says that nothing changed.
type visits struct {
	common *commons
	units  *otter.Cache[visitKey, int64]
}

type visitKey struct{ caller, contest, user string }

func newVisits(common *commons) (*visits, error) {
	units, err := otter.New(&otter.Options[visitKey, int64]{MaximumSize: maxVisits})
	return &visits{common: common, units: units}, err
}

// delta returns by how many units the player's score changed since the caller's last read, and remembers this one.
func (v *visits) delta(ctx context.Context, caller identity.Caller, contestID, userID string, units int64) int64 {
	key := visitKey{callerKey(caller), contestID, userID}
	before, seen := int64(0), false
	v.units.Compute(key, func(old int64, found bool) (int64, otter.ComputeOp) {
		before, seen = old, found
		return units, otter.WriteOp
	})
	v.common.ask(ctx, func(ctx context.Context) error {
		name := v.common.key("seen", strings.Join([]string{key.caller, key.contest, key.user}, "\x00"))
		text, err := v.common.client.SetArgs(ctx, name, units, goredis.SetArgs{Get: true, TTL: visitTTL}).Result()
		if errors.Is(err, goredis.Nil) {
			seen = false
		}
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
