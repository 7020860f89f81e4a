package api

import (
	"context"
	"fmt"
	"slices"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/contest"
)

// contestService shows contests.
type contestService struct{ *API }

// ListContests returns the contests open to a market and a brand.
func (s contestService) ListContests(_ context.Context, request *laurelv1.ListContestsRequest) (*laurelv1.ListContestsResponse, error) {
	return &laurelv1.ListContestsResponse{Contests: s.contestsOpenTo(request.GetMarket(), request.GetBrand())}, nil
}

// GetContest returns one contest with its definition.
func (s contestService) GetContest(ctx context.Context, request *laurelv1.GetContestRequest) (*laurelv1.GetContestResponse, error) {
	summary, err := s.summary(request.GetId())
	if err != nil {
		return nil, err
	}
	definition, _, err := s.Catalog.Get(ctx, catalog.KindContest, summary.GetId(), summary.GetVersion())
	if err != nil {
		return nil, err
	}
	document, _ := catalog.Parse("", []byte(definition.GetYaml()))
	return &laurelv1.GetContestResponse{Contest: summary, Yaml: definition.GetYaml(), Plan: s.contestPlan(document)}, nil
}

// contestsOpenTo filters by scope: a contest without markets is open to all of them, and an empty filter asks for all. When there are more than can be listed,
// those that were final longest are left out.
func (a *API) contestsOpenTo(market, brand string) []*laurelv1.ContestSummary {
	const maxContests = 1000
	open := []*laurelv1.ContestSummary{}
	for _, summary := range a.Contest.List() {
		if admits(summary.GetMarkets(), market) && admits(summary.GetBrands(), brand) && len(open) < maxContests {
			open = append(open, summary)
		}
	}
	return open
}

func admits(scope []string, wanted string) bool {
	return wanted == "" || len(scope) == 0 || slices.Contains(scope, wanted)
}

// summary returns a contest or a not-found error that names it.
func (a *API) summary(id string) (*laurelv1.ContestSummary, error) {
	summary, ok := a.Contest.Summary(id)
	if !ok {
		return nil, fmt.Errorf("contest %q: %w", clip(id, 64), contest.ErrNotFound)
	}
	return summary, nil
}
