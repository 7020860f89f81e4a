package contest

import (
	"context"
	"fmt"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// Explain says why one of two players stands above the other: every value of the order up to the one that differs, and the rounds behind
// the scores. Places and names are left to the caller. ErrNotFound when the contest is unknown or a player has no standing.
func (s *Service) Explain(ctx context.Context, contestID, userA, userB string) (*laurelv1.ExplainOrderResponse, error) {
	c := s.Set().Get(contestID)
	if c == nil {
		return nil, fmt.Errorf("contest %q: %w", contestID, ErrNotFound)
	}
	rows, err := LoadRows(ctx, s.Store, contestID, []string{userA, userB})
	if err != nil {
		return nil, err
	}
	byUser := map[string]*Row{}
	for _, row := range rows {
		byUser[row.UserID] = row
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

// explain compares two standings value by value.
func (d *Definition) explain(a, b *Row) (values []*laurelv1.TieBreakValue, above, below *Row) {
	above, below = a, b
	if d.placedBelow(a, b) {
		above, below = b, a
	}
	add := func(name string, up, down int64) bool {
		values = append(values, &laurelv1.TieBreakValue{Name: name, Above: up, Below: down, Decided: up != down})
		return up != down
	}
	if add("score", above.State.Units, below.State.Units) {
		return values, above, below
	}
	for _, tie := range d.TieBreaks {
		if add(string(tie), d.tieValue(above.State, tie, false), d.tieValue(below.State, tie, false)) {
			return values, above, below
		}
	}
	add(string(ByUserID), 0, 0)
	values[len(values)-1].Decided = above.UserID != below.UserID
	return values, above, below
}

// placedBelow reports whether a stands below b.
func (d *Definition) placedBelow(a, b *Row) bool {
	if a.State.Units != b.State.Units {
		return a.State.Units < b.State.Units
	}
	if tieA, tieB := d.Tie(a.State), d.Tie(b.State); tieA != tieB {
		return tieA > tieB
	}
	return a.UserID > b.UserID
}

func positions(row *Row) []int64 {
	list := make([]int64, 0, len(row.State.Kept))
	for _, r := range row.State.Kept {
		list = append(list, r.Seq)
	}
	return list
}

func (row *Row) show(ids map[int64]string) *laurelv1.Standing {
	standing := &laurelv1.Standing{Row: &laurelv1.LeaderboardRow{UserId: row.UserID, Units: row.State.Units}, Rounds: row.State.Rounds}
	for _, r := range row.State.Kept {
		standing.Kept = append(standing.Kept, &laurelv1.CountedRound{
			EventId: ids[r.Seq], Units: r.Units, MultiplierMicros: r.MultiplierMicros, DurationMs: r.DurationMillis, EventTsMicros: r.TsMicros,
		})
	}
	return standing
}
