package contest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"

	"google.golang.org/protobuf/proto"

	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/fold"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
)

// finalise freezes the standings once the fold has passed the close position. From then on they can't change, so they are copied in slices
// that hold nobody up; a copy that was cut short is made again with the same rows.
func (s *Service) finalise(ctx context.Context, c *Live) (done bool, err error) {
	if settled, err := s.Journal.Settled(ctx, c.CloseSeq); err != nil || !settled {
		return false, err
	}
	var result *frozen
	err = s.Store.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		folded, err := s.Journal.Folded(ctx, tx, c.CloseSeq)
		if err != nil || !folded {
			return err
		}
		if waits, err := s.emittedWaits(ctx, tx, c.CloseSeq); err != nil || waits {
			return err
		}
		result, err = s.freeze(ctx, tx, c)
		return err
	})
	if err != nil || result == nil {
		return false, err
	}
	return s.settle(ctx, c, result)
}

// emittedWaits reports whether an emitted event that still counts is not folded yet: one that goes back to an event at or below the
// positions. It stands above them itself, since it was appended when its cause was folded.
func (s *Service) emittedWaits(ctx context.Context, view *store.Tx, at journal.Positions) (bool, error) {
	for record, err := range s.Journal.Unfolded(ctx, view, event.ReservedPrefix) {
		if err != nil {
			return false, err
		}
		if e := fold.Decode(&record); e.Cause != e.Place && e.Cause.Within(at) { // a broken one will be buried
			return true, nil
		}
	}
	return false, nil
}

// frozen is a result that was copied.
type frozen struct {
	hash    string
	players int64
	// positions are those at which the contest closed, or of the last emitted event that counted.
	positions journal.Positions
	// shown is what sets keep of the contest, encoded; see showPast.
	shown []byte
}

// freezeSlice is how many places are written in one transaction.
const freezeSlice = 2000

// freeze copies the standings in order, as view sees them, and hashes them with the definition they come from.
func (s *Service) freeze(ctx context.Context, view *store.Tx, c *Live) (*frozen, error) {
	result := NewResultHash(c.Hash, c.CloseSeq)
	players := int64(0)
	slice := make([]Ranked, 0, freezeSlice)
	for row, err := range InOrder(ctx, view, c.ID) {
		if err != nil {
			return nil, err
		}
		players++
		result.Add(players, row)
		if slice = append(slice, row); len(slice) == freezeSlice {
			if err := s.freezeRows(ctx, c.ID, players-int64(len(slice)), slice); err != nil {
				return nil, err
			}
			slice = slice[:0]
		}
	}
	if err := s.freezeRows(ctx, c.ID, players-int64(len(slice)), slice); err != nil {
		return nil, err
	}
	done := &frozen{hash: result.Sum(), players: players}
	var err error
	if done.positions, err = finalPositions(ctx, view, c); err != nil {
		return nil, err
	}
	published, err := catalog.Versions(ctx, view, catalog.KindContest, map[string]int{c.ID: c.Version})
	if err != nil {
		return nil, err
	}
	ended := &Live{Definition: c.Definition, State: final, ResultHash: done.hash, FinalPlayers: players}
	if done.shown, err = proto.Marshal(showPast(ended, definitionOf(published[0]))); err != nil {
		return nil, fmt.Errorf("encode summary: %w", err)
	}
	return done, nil
}

// finalPositions are how far the places of a contest that has closed go.
func finalPositions(ctx context.Context, tx *store.Tx, c *Live) (journal.Positions, error) {
	_, positions, err := foldedPositions(ctx, tx, c.ID, len(c.CloseSeq))
	if err != nil {
		return nil, err
	}
	for partition, closed := range c.CloseSeq {
		positions[partition] = max(positions[partition], closed)
	}
	return positions, nil
}

// ResultHash is the SHA-256 of a result: the definition's hash and the close positions on a first line, then a line for each place
// with place, units, tie bytes in hexadecimal and user id, separated by tabs.
type ResultHash struct{ hash hash.Hash }

// NewResultHash starts the hash of a result.
func NewResultHash(definitionHash string, closeSeq journal.Positions) *ResultHash {
	r := &ResultHash{hash: sha256.New()}
	fmt.Fprintf(r.hash, "%s\t%s\n", definitionHash, closeSeq)
	return r
}

// Add adds a place; places are added in order.
func (r *ResultHash) Add(place int64, row Ranked) {
	fmt.Fprintf(r.hash, "%d\t%d\t%x\t%s\n", place, row.Units, row.Tie, row.UserID)
}

// Sum returns the hash in hexadecimal.
func (r *ResultHash) Sum() string { return hex.EncodeToString(r.hash.Sum(nil)) }
