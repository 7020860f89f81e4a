package api

import (
	"context"
	"fmt"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/word"
)

// contestService shows contests.
type contestService struct{ *API }

// ListContests returns the contests that meet a filter.
func (s contestService) ListContests(_ context.Context, request *laurelv1.ListContestsRequest) (*laurelv1.ListContestsResponse, error) {
	return s.listContests(request, maxRows)
}

// GetContest returns one contest with its definition.
func (s contestService) GetContest(ctx context.Context, request *laurelv1.GetContestRequest) (*laurelv1.GetContestResponse, error) {
	summary, err := s.summary(request.GetId())
	if err != nil {
		return nil, err
	}
	definition, err := s.Catalog.Get(ctx, catalog.KindContest, summary.GetId(), summary.GetVersion())
	if err != nil {
		return nil, err
	}
	one, err := s.Contest.Get(ctx, summary.GetId())
	if err != nil {
		return nil, err
	}
	response := &laurelv1.GetContestResponse{Contest: summary, Yaml: definition.GetYaml(), Pauses: one.ShowPauses()}
	if one.Unread == nil {
		document, _ := catalog.Parse("", []byte(definition.GetYaml()))
		response.Plan = s.planOf(document).GetContest()
	} else {
		response.Unreadable = one.Unread.Reason()
	}
	return response, nil
}

// summary returns a contest or a not-found error that names it.
func (a *API) summary(id string) (*laurelv1.ContestSummary, error) {
	summary, ok := a.Contest.Summary(id)
	if !ok {
		return nil, fmt.Errorf("contest %q: %w", word.Clip(id, 64), contest.ErrNotFound)
	}
	return summary, nil
}
