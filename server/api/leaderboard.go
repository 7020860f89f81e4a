package api

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/identity"
)

// leaderboardService reads boards.
type leaderboardService struct{ *API }

// GetLeaderboard returns the top, a page, or the rows around a player.
func (s leaderboardService) GetLeaderboard(ctx context.Context,
	request *laurelv1.GetLeaderboardRequest) (*laurelv1.GetLeaderboardResponse, error) {
	caller := identity.CallerFrom(ctx)
	v, err := s.view(ctx, caller, boardQuery{
		contest: request.GetContestId(), top: int64(request.GetTop()), me: request.GetMe(), around: int64(request.GetAround()),
		token: request.GetPageToken(),
	})
	if err != nil {
		return nil, err
	}
	response := &laurelv1.GetLeaderboardResponse{
		Contest: v.contest, Top: showAll(caller, v.window.rows), Total: v.window.page.Total, Revision: v.window.page.Revision(),
		AsOf: timestamppb.New(v.window.at), Stale: v.window.page.Stale, NextPageToken: v.next,
	}
	if v.me != nil {
		response.Me = &laurelv1.OwnPlace{
			Row: show(caller, v.me.row), ToNextUnits: v.me.toNext, DeltaUnits: v.me.delta, Around: showAll(caller, v.me.around),
		}
	}
	return response, nil
}

// ExplainOrder says why one player is placed above another.
func (s leaderboardService) ExplainOrder(ctx context.Context,
	request *laurelv1.ExplainOrderRequest) (*laurelv1.ExplainOrderResponse, error) {
	if request.GetUserA() == request.GetUserB() {
		return nil, badField("user_b", "must be another player than user_a")
	}
	response, err := s.Contest.Explain(ctx, request.GetContestId(), request.GetUserA(), request.GetUserB())
	if err != nil {
		return nil, err
	}
	standings := []*laurelv1.Standing{response.GetAbove(), response.GetBelow()}
	users := []string{standings[0].GetRow().GetUserId(), standings[1].GetRow().GetUserId()}
	ranks, err := s.Board.Rank(ctx, request.GetContestId(), users)
	if err != nil {
		return nil, err
	}
	named, err := s.named(ctx, ranks)
	if err != nil {
		return nil, err
	}
	caller := identity.CallerFrom(ctx)
	for i, standing := range standings {
		units := standing.GetRow().GetUnits()
		standing.Row = show(caller, named[i])
		standing.Row.Units = units // what was compared, even when the board is a moment behind
	}
	return response, nil
}

// ListSnapshots returns the times at which a board was kept.
func (s leaderboardService) ListSnapshots(ctx context.Context,
	request *laurelv1.ListSnapshotsRequest) (*laurelv1.ListSnapshotsResponse, error) {
	if _, err := s.summary(request.GetContestId()); err != nil {
		return nil, err
	}
	page, err := openList[int64](s.API, request, maxSnapshotRows)
	if err != nil {
		return nil, err
	}
	snapshots, err := s.Contest.Snapshots(ctx, request.GetContestId(), listing(page, request.GetOrder(), "", request.GetTaken()))
	if err != nil {
		return nil, err
	}
	shown, next, err := cut(s.API, page, snapshots, (*laurelv1.SnapshotSummary).GetNumber)
	return &laurelv1.ListSnapshotsResponse{Snapshots: shown, NextPageToken: next}, err
}

// GetSnapshot returns the top of a board as it was kept, under today's names.
func (s leaderboardService) GetSnapshot(ctx context.Context, request *laurelv1.GetSnapshotRequest) (*laurelv1.GetSnapshotResponse, error) {
	response, err := s.Contest.Snapshot(ctx, request.GetContestId(), request.GetNumber())
	if err != nil {
		return nil, err
	}
	rows := make([]board.Row, len(response.GetTop()))
	for i, row := range response.GetTop() {
		rows[i] = board.Row{Entry: board.Entry{UserID: row.GetUserId(), Units: row.GetUnits()}, Place: row.GetPlace()}
	}
	named, err := s.named(ctx, rows)
	if err != nil {
		return nil, err
	}
	response.Top = showAll(identity.CallerFrom(ctx), named)
	return response, nil
}
