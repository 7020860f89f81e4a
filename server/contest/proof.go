package contest

import (
	"context"
	"fmt"
	"slices"

	"github.com/laurelhq/laurel/server/store"
)

// VerifyFinal compares the frozen places of a final contest with its standings, its result hash, the count of its players, and how far they
// go. It returns the first difference in words, or nothing.
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
			difference = fmt.Sprintf("place %d is frozen with player %q and %d, who has no standing", frozen[at].Place, frozen[at].UserID,
				frozen[at].Units)
		case hash != c.ResultHash:
			difference = fmt.Sprintf("the places hash to %s, the result hash is %s", hash, c.ResultHash)
		case c.FinalPlayers != int64(at):
			difference = fmt.Sprintf("%d places are frozen, the contest says %d players", at, c.FinalPlayers)
		default:
			difference, err = verifyPositions(ctx, tx, c)
		}
		return err
	})
	return difference, err
}

// verifyPositions compares the positions that a final contest shows with those of its close and of what counted after it.
func verifyPositions(ctx context.Context, tx *store.Tx, c *Live) (difference string, err error) {
	_, shown, err := finalContest(ctx, tx, c.ID, len(c.CloseSeq))
	if err != nil {
		return "", err
	}
	want, err := finalPositions(ctx, tx, c)
	if err != nil || slices.Equal(shown, want) {
		return "", err
	}
	return fmt.Sprintf("the places are shown as of positions %s, the standings go to %s", shown, want), nil
}
