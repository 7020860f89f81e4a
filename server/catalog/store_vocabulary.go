package catalog

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/money"
	"github.com/laurelhq/laurel/server/store"
)

// Reader keeps the newest vocabulary that a process has read. It is safe for concurrent use.
type Reader struct {
	partitions int
	mu         sync.Mutex
	last       int64 // id of the last version that was read
	newest     atomic.Pointer[Vocabulary]
	unread     atomic.Pointer[[]*Unread]
}

// NewReader returns a reader that has read nothing, for a journal with so many partitions.
func NewReader(partitions int) *Reader { return &Reader{partitions: partitions} }

// Newest returns what was read last.
func (r *Reader) Newest() *Vocabulary { return r.newest.Load() }

// Currencies returns the currencies of what was read last.
func (r *Reader) Currencies() *money.Currencies { return r.Newest().Currencies() }

// Unread tells of each version that this version of Laurel can't read and that no later one has mended. The vocabulary is without them.
func (r *Reader) Unread() []*Unread {
	if unread := r.unread.Load(); unread != nil {
		return *unread
	}
	return nil
}

// Read returns a vocabulary that has at least what a transaction sees. Only versions that were published since the last time are read:
// publications hold the revision alone, so their ids grow in the order of their commits. A version that can't be read concerns those alone
// who refer to it: it is left out, in every process alike, and Unread tells of it.
func (r *Reader) Read(ctx context.Context, tx *store.Tx) (*Vocabulary, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rows, err := tx.QueryContext(ctx, "SELECT id, kind, def_id, version, yaml, coalesce(open_seq, '') FROM definition WHERE kind IN ($1, "+
		"$2) AND id > $3 ORDER BY id",
		KindCurrency, KindExchangeRates, r.last)
	if err != nil {
		return nil, fmt.Errorf("read vocabulary: %w", err)
	}
	defer func() { _ = rows.Close() }()
	next, last, unread := r.Newest(), r.last, slices.Clone(r.Unread())
	for rows.Next() {
		d, folded := &laurelv1.Definition{}, ""
		if err := rows.Scan(&last, &d.Kind, &d.Id, &d.Version, &d.Yaml, &folded); err != nil {
			return nil, fmt.Errorf("read vocabulary: %w", err)
		}
		unread = slices.DeleteFunc(unread, func(before *Unread) bool { return before.Kind == d.GetKind() && before.ID == d.GetId() })
		published := parsePublished(d)
		if published.Unread != nil {
			unread = append(unread, published.Unread)
			continue
		}
		var positions journal.Positions
		if folded != "" {
			if positions, err = journal.ParsePositions(folded, r.partitions); err != nil {
				return nil, fmt.Errorf("%s %s version %d: open_seq: %w", d.GetKind(), d.GetId(), d.GetVersion(), err)
			}
		}
		next = next.With(published.Message, positions)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read vocabulary: %w", err)
	}
	r.last = last
	r.newest.Store(next)
	r.unread.Store(&unread)
	return next, nil
}
