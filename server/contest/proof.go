package contest

import (
	"context"
	"fmt"

	"github.com/laurelhq/laurel/server/store"
)

// VerifyFinal compares the frozen places of a final contest with its standings, its result hash, and the count of its players. It returns the first difference in
// words, or nothing.
func VerifyFinal(ctx context.Context, s *store.Store, c *Live) (difference string, err error) {
	err = s.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		frozen, err := finalAll(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		result, at := NewResultHash(c.Hash, c.CloseSeq), 0
		for row, err := range InOrder(ctx, tx, c.ID) {
			if err != nil {
				return err
			}
			want := Placed{row, int64(at) + 1}
			switch {
			case at == len(frozen):
				difference = fmt.Sprintf("place %d, player %q with %d, is not frozen", want.Place, want.UserID, want.Units)
				return nil
			case frozen[at] != want:
				difference = fmt.Sprintf("place %d is frozen with player %q and %d, the standings give place %d to player %q with %d",
					frozen[at].Place, frozen[at].UserID, frozen[at].Units, want.Place, want.UserID, want.Units)
				return nil
			}
			result.Add(want.Place, row)
			at++
		}
		switch hash := result.Sum(); {
		case at < len(frozen):
			difference = fmt.Sprintf("place %d is frozen with player %q and %d, who has no standing", frozen[at].Place, frozen[at].UserID, frozen[at].Units)
		case hash != c.ResultHash:
			difference = fmt.Sprintf("the places hash to %s, the result hash is %s", hash, c.ResultHash)
		case c.FinalPlayers != int64(at):
			difference = fmt.Sprintf("%d places are frozen, the contest says %d players", at, c.FinalPlayers)
		}
		return nil
	})
	return difference, err
}
