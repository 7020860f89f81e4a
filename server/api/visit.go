package api

import (
	"github.com/maypok86/otter/v2"

	"github.com/laurelhq/laurel/server/identity"
)

// maxVisits bounds the last reads that are remembered.
const maxVisits = 100_000

// visits remembers the score each caller last saw of a player, to tell him what changed since. It lives in this process and
// forgets the least active: the first read after that, and after a restart, says that nothing changed.
type visits struct {
	units *otter.Cache[visitKey, int64]
}

type visitKey struct{ caller, contest, user string }

func newVisits() (*visits, error) {
	units, err := otter.New(&otter.Options[visitKey, int64]{MaximumSize: maxVisits})
	return &visits{units: units}, err
}

// delta returns by how many units the player's score changed since the caller's last read, and remembers this one.
func (v *visits) delta(caller identity.Caller, contestID, userID string, units int64) int64 {
	before, seen := int64(0), false
	v.units.Compute(visitKey{callerKey(caller), contestID, userID}, func(old int64, found bool) (int64, otter.ComputeOp) {
		before, seen = old, found
		return units, otter.WriteOp
	})
	if !seen {
		return 0
	}
	return units - before
}
