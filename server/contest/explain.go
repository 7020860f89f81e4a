package contest

import (
	"context"
	"fmt"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/fold"
)

// Explain says why one of two players stands above the other: every value of the order up to the one that differs, and the rounds behind
// the scores. Places and names are left to the caller. ErrNotFound when the contest is unknown or a player has no standing.
func (s *Service) Explain(ctx context.Context, contestID, userA, userB string) (*laurelv1.ExplainOrderResponse, error) {
	c, err := s.Get(ctx, contestID)
	if err != nil {
		return nil, err
	}
	if c.Unread != nil && c.State != final {
		return nil, c.Unread
	}
	rows, err := Standings{}.Load(ctx, s.Store, []fold.Key{KeyOf(contestID, userA), KeyOf(contestID, userB)})
	if err != nil {
		return nil, err
	}
	byUser := map[string]*player{}
	for _, row := range rows {
		if row.Damaged != nil {
			return nil, row.Damaged
		}
		byUser[row.Subject] = &player{row.Subject, Of(row)}
	}
	for _, user := range []string{userA, userB} {
		if byUser[user] == nil {
			return nil, fmt.Errorf("player %q in contest %q: %w", user, contestID, ErrNotFound)
		}
	}
	values, above, below := c.explain(byUser[userA], byUser[userB])
	response := &laurelv1.ExplainOrderResponse{Values: values, DecidedBy: values[len(values)-1].GetName()}
	ids, err := s.Journal.EventIDs(ctx, append(positions(above), positions(below)...))
	if err != nil {
		return nil, err
	}
	response.Above, response.Below = above.show(ids), below.show(ids)
	return response, nil
}

// player is one of the two and his standing.
type player struct {
	userID string
	*Standing
}

// explain compares two standings value by value.
func (d *Definition) explain(a, b *player) (values []*laurelv1.TieBreakValue, above, below *player) {
	above, below = a, b
	if d.placedBelow(a, b) {
		above, below = b, a
	}
	add := func(name string, up, down int64) bool {
		values = append(values, &laurelv1.TieBreakValue{Name: name, Above: up, Below: down, Decided: up != down})
		return up != down
	}
	if add("score", above.Units, below.Units) {
		return values, above, below
	}
	for _, tie := range d.TieBreaks {
		if add(string(tie), d.tieValue(above.Standing, tie, false), d.tieValue(below.Standing, tie, false)) {
			return values, above, below
		}
	}
	add(string(ByUserID), 0, 0)
	values[len(values)-1].Decided = above.userID != below.userID
	return values, above, below
}

// placedBelow reports whether a stands below b.
func (d *Definition) placedBelow(a, b *player) bool {
	if a.Units != b.Units {
		return a.Units < b.Units
	}
	if tieA, tieB := d.encodeTie(a.Standing), d.encodeTie(b.Standing); tieA != tieB {
		return tieA > tieB
	}
	return a.userID > b.userID
}

func positions(row *player) []int64 {
	list := make([]int64, 0, len(row.Kept))
	for _, r := range row.Kept {
		list = append(list, r.Seq)
	}
	return list
}

func (row *player) show(ids map[int64]string) *laurelv1.Standing {
	standing := &laurelv1.Standing{Row: &laurelv1.LeaderboardRow{UserId: row.userID, Units: row.Units}, Rounds: row.Rounds}
	for _, r := range row.Kept {
		standing.Kept = append(standing.Kept, &laurelv1.CountedRound{
			EventId: ids[r.Seq], Units: r.Units, MultiplierMicros: r.MultiplierMicros, DurationMs: r.DurationMillis, EventTs: stamp(r.TsMicros),
		})
	}
	return standing
}
