package api

import (
	"cmp"
	"slices"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/store"
)

// contestKey is where a contest stands in a list: by its state or nothing, then by time or by title, then by id.
type contestKey struct {
	Rank   int    `json:"r,omitempty"`
	Micros int64  `json:"m,omitempty"`
	Title  string `json:"t,omitempty"`
	ID     string `json:"i"`
}

func (k contestKey) compare(other contestKey) int {
	return cmp.Or(cmp.Compare(k.Rank, other.Rank), cmp.Compare(k.Micros, other.Micros), cmp.Compare(k.Title, other.Title),
		cmp.Compare(k.ID, other.ID))
}

// lifeOrder lists states as people look for them; all others come after these.
var lifeOrder = []laurelv1.ContestState{
	laurelv1.ContestState_CONTEST_STATE_LIVE, laurelv1.ContestState_CONTEST_STATE_CLOSING, laurelv1.ContestState_CONTEST_STATE_SCHEDULED,
}

// contestKeyIn gives the key of a contest in an order.
func contestKeyIn(order laurelv1.ListOrder) func(*laurelv1.ContestSummary) contestKey {
	return func(c *laurelv1.ContestSummary) contestKey {
		start := c.GetStart().AsTime().UnixMicro()
		switch order {
		case laurelv1.ListOrder_LIST_ORDER_NEWEST:
			return contestKey{Micros: -start, ID: c.GetId()}
		case laurelv1.ListOrder_LIST_ORDER_OLDEST:
			return contestKey{Micros: start, ID: c.GetId()}
		case laurelv1.ListOrder_LIST_ORDER_NAME:
			return contestKey{Title: c.GetTitle(), ID: c.GetId()}
		case laurelv1.ListOrder_LIST_ORDER_UNSPECIFIED:
		}
		rank := slices.Index(lifeOrder, c.GetState())
		if rank < 0 {
			return contestKey{Rank: len(lifeOrder), Micros: -start, ID: c.GetId()}
		}
		return contestKey{Rank: rank, Micros: start, ID: c.GetId()}
	}
}

// listContests answers with a page of at most so many contests.
func (a *API) listContests(request *laurelv1.ListContestsRequest, largest int) (*laurelv1.ListContestsResponse, error) {
	page, err := openList[contestKey](a, request, largest)
	if err != nil {
		return nil, err
	}
	key := contestKeyIn(request.GetOrder())
	wanted := contestFilter(request)
	type placed struct {
		key     contestKey
		summary *laurelv1.ContestSummary
	}
	first := make([]placed, 0, page.limit+2) // those of the page and the one too many, in order
	for _, summary := range a.Contest.List() {
		at := key(summary)
		if (page.after != nil && at.compare(*page.after) <= 0) || (len(first) > page.limit && at.compare(first[page.limit].key) > 0) ||
			!wanted(summary) {
			continue
		}
		place, _ := slices.BinarySearchFunc(first, at, func(p placed, at contestKey) int { return p.key.compare(at) })
		first = slices.Insert(first, place, placed{at, summary})
		first = first[:min(len(first), page.limit+1)]
	}
	list := make([]*laurelv1.ContestSummary, 0, len(first))
	for _, one := range first {
		list = append(list, one.summary)
	}
	shown, next, err := cut(a, page, list, key)
	return &laurelv1.ListContestsResponse{Contests: shown, NextPageToken: next}, err
}

// contestFilter reports which contests are asked for. A contest without markets is open to all of them, and an empty filter asks for all.
func contestFilter(request *laurelv1.ListContestsRequest) func(*laurelv1.ContestSummary) bool {
	has := store.Finder(request.GetText())
	from, until := bounds(request.GetWindow())
	return func(c *laurelv1.ContestSummary) bool {
		return admits(c.GetMarkets(), request.GetMarket()) && admits(c.GetBrands(), request.GetBrand()) &&
			(len(request.GetStates()) == 0 || slices.Contains(request.GetStates(), c.GetState())) &&
			(request.GetText() == "" || has(c.GetId()) || has(c.GetTitle())) &&
			(from == 0 || c.GetEnd().AsTime().UnixMicro() > from) && (until == 0 || c.GetStart().AsTime().UnixMicro() < until)
	}
}

func admits(scope []string, wanted string) bool {
	return wanted == "" || len(scope) == 0 || slices.Contains(scope, wanted)
}
