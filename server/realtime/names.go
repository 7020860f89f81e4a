package realtime

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// nameCache keeps public names in two generations: what was asked of late and what was asked before. A generation ends when it is full or
// old; a name is asked anew after two, so a changed one shows and a busy one is not asked at every reading.
type nameCache struct {
	ask func(ctx context.Context, userIDs []string) ([]PublicName, error)
	now func() time.Time
	// limit is how many names one generation holds.
	limit int
	age   time.Duration

	mu       sync.Mutex
	young    map[string]PublicName
	old      map[string]PublicName
	youngest time.Time
}

// maxAsk is how many names are asked for at once.
const maxAsk = 1000

func newNameCache(config Config) *nameCache {
	return &nameCache{
		ask:      config.Names,
		now:      config.Now,
		limit:    max(config.Limits.Names/2, 1),
		age:      config.Limits.NameAge,
		young:    make(map[string]PublicName),
		youngest: config.Now(),
	}
}

// of gives the names of players. Names that the cache lacks are asked for in batches.
func (n *nameCache) of(ctx context.Context, userIDs []string) (map[string]PublicName, error) {
	found := make(map[string]PublicName, len(userIDs))
	missing := n.known(userIDs, found)
	for len(missing) > 0 {
		some := missing[:min(len(missing), maxAsk)]
		missing = missing[len(some):]
		names, err := n.ask(ctx, some)
		if err != nil {
			return nil, fmt.Errorf("read public names: %w", err)
		}
		if len(names) != len(some) {
			return nil, fmt.Errorf("read public names: %d names for %d players", len(names), len(some))
		}
		n.keep(some, names, found)
	}
	return found, nil
}

// known fills in what the cache has and gives the ids it lacks, each once.
func (n *nameCache) known(userIDs []string, found map[string]PublicName) (missing []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.turn()
	for _, userID := range userIDs {
		if _, done := found[userID]; done {
			continue
		}
		name, ok := n.young[userID]
		if !ok {
			name, ok = n.old[userID]
		}
		found[userID] = name
		if !ok {
			missing = append(missing, userID)
		}
	}
	return missing
}

func (n *nameCache) keep(userIDs []string, names []PublicName, found map[string]PublicName) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i, userID := range userIDs {
		// One name that is no UTF-8 would spoil the frame of everyone.
		name := PublicName{Key: strings.ToValidUTF8(names[i].Key, "�"), Name: strings.ToValidUTF8(names[i].Name, "�")}
		n.turn()
		n.young[userID] = name
		found[userID] = name
	}
}

// turn begins a new generation when the young one is full or old.
func (n *nameCache) turn() {
	if now := n.now(); len(n.young) >= n.limit || now.Sub(n.youngest) >= n.age {
		n.old, n.young, n.youngest = n.young, make(map[string]PublicName), now
	}
}

func (n *nameCache) forget(userIDs []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, userID := range userIDs {
		delete(n.young, userID)
		delete(n.old, userID)
	}
}
