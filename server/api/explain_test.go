package api_test

import (
	"context"
	"testing"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	laurel "github.com/laurelhq/laurel/gen/laurel/v1/laurelv1connect"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/store"
)

func TestWhyOneStandsAboveTheOther(t *testing.T) {
	t.Parallel()
	b := setup(t)
	live(t, b, 3)
	err := b.store.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		for i, user := range []string{"u_1", "u_3"} {
			standing := contest.Standing{Units: int64(300 - 200*i), Rounds: 2}
			err := tx.Ent().Standing.Create().SetID(int64(i + 1)).SetContestID("c1").SetUserID(user).SetPartition(0).SetUnits(standing.Units).
				SetTie([]byte{}).SetRounds(2).SetVersion(1).SetSeq(1).SetState(standing.AppendBinary(nil)).Exec(ctx)
			if err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, err)
	service := laurel.NewLeaderboardServiceClient(client(t, b.key(t, identity.ScopeRead), false), b.url+"/rpc")
	got, err := service.ExplainOrder(t.Context(), &laurelv1.ExplainOrderRequest{ContestId: "c1", UserA: "u_3", UserB: "u_1"})
	require.NoError(t, err)
	assert.Equal(t, "score", got.GetDecidedBy())
	assert.Equal(t, "u_1", got.GetAbove().GetRow().GetUserId())
	assert.Equal(t, int64(1), got.GetAbove().GetRow().GetPlace())
	assert.Equal(t, int64(300), got.GetAbove().GetRow().GetUnits())
	assert.Equal(t, b.people.PlayerKey("u_3"), got.GetBelow().GetRow().GetPlayerKey())
	assert.Equal(t, int64(3), got.GetBelow().GetRow().GetPlace())
	assert.NotEmpty(t, got.GetBelow().GetRow().GetName())

	_, err = service.ExplainOrder(t.Context(), &laurelv1.ExplainOrderRequest{ContestId: "c1", UserA: "u_1", UserB: "u_1"})
	assert.Equal(t, connect.CodeInvalidArgument, connect.CodeOf(err))
	_, err = service.ExplainOrder(t.Context(), &laurelv1.ExplainOrderRequest{ContestId: "c1", UserA: "u_1", UserB: "nobody"})
	assert.Equal(t, connect.CodeNotFound, connect.CodeOf(err))
}
