package catalog

import (
	"context"
	"fmt"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/store"
)

// Listing is the part of the list of definitions that somebody wants: those that meet a filter, from behind a given one on.
type Listing struct {
	// Limit bounds the definitions.
	Limit int
	// Kind and Text, a part of the id in either case, filter; empty means any.
	Kind, Text string
	// FromMicros, inclusive, and UntilMicros, exclusive, bound when the newest version was published; 0 means no bound.
	FromMicros, UntilMicros int64
	// ByTime orders by the time of publication, then kind and id; unset, kind and id alone order. NewestFirst turns the order around.
	ByTime, NewestFirst bool
	// After is the last definition that was shown; nil begins the list.
	After *Key
}

// Key is where a definition stands in a list.
type Key struct {
	PublishedMicros int64  `json:"p"`
	Kind            string `json:"k"`
	ID              string `json:"i"`
}

// KeyOf is where a listed definition stands.
func KeyOf(d *laurelv1.DefinitionSummary) Key {
	return Key{PublishedMicros: d.GetPublishedAt().AsTime().UnixMicro(), Kind: d.GetKind(), ID: d.GetId()}
}

// List returns the newest versions of definitions, without their documents.
func (s *Service) List(ctx context.Context, wanted Listing) ([]*laurelv1.DefinitionSummary, error) {
	return newestOfAll(ctx, s.Store.Ent(), wanted)
}

// ListVersions returns versions of one definition, without their documents. The key of a version is its number. ErrNotFound when there is
// no such definition.
func (s *Service) ListVersions(ctx context.Context, kind, id string, wanted store.Listing) ([]*laurelv1.DefinitionSummary, error) {
	if _, err := newestOf(ctx, s.Store.Ent(), kind, id); err != nil {
		return nil, fmt.Errorf("read %s %s: %w", kind, id, err)
	}
	return versionsOf(ctx, s.Store.Ent(), kind, id, wanted)
}
