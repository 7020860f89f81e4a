package api

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"github.com/zeebo/xxh3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/store"
)

const (
	// defaultRows is the size of a page that asks for none, maxRows the largest of most lists.
	defaultRows = 50
	maxRows     = 200
	// maxSnapshotRows and maxTournaments are the largest pages of lists whose rows are small.
	maxSnapshotRows = 1000
	maxTournaments  = 1000
)

// listRequest is the request of every List.
type listRequest interface {
	proto.Message
	GetPageSize() int32
	GetPageToken() string
}

// listPage is a page of a list whose rows are found by keys of type K.
type listPage[K any] struct {
	limit int
	// after is the key of the last row that was shown; nil begins the list.
	after *K
	// asked stands for the list, its filter and its order.
	asked uint64
}

// listToken is what a page token carries. It is sealed.
type listToken struct {
	Asked uint64          `json:"q"`
	After json.RawMessage `json:"a"`
}

// openList reads which page of a list is wanted. The error names page_token when it is not one of this list with this filter and this
// order.
func openList[K any](a *API, request listRequest, largest int) (listPage[K], error) {
	page := listPage[K]{limit: min(int(request.GetPageSize()), largest), asked: askedFor(request)}
	if page.limit <= 0 {
		page.limit = min(defaultRows, largest)
	}
	if request.GetPageToken() == "" {
		return page, nil
	}
	var token listToken
	value, ok := a.Identity.Unseal(request.GetPageToken())
	if !ok || json.Unmarshal(value, &token) != nil || token.Asked != page.asked || json.Unmarshal(token.After, &page.after) != nil ||
		page.after == nil {
		return page, badField("page_token", "must be the next_page_token of an answer to the same list with the same filter and order")
	}
	return page, nil
}

// askedFor is a number for what a list is asked for, whichever page of it.
func askedFor(request listRequest) uint64 {
	asked := proto.Clone(request).ProtoReflect()
	for _, name := range []string{"page_size", "page_token"} {
		asked.Clear(asked.Descriptor().Fields().ByName(protoreflect.Name(name)))
	}
	body, err := proto.MarshalOptions{Deterministic: true}.Marshal(asked.Interface())
	if err != nil { // text that is no UTF-8: the codec has refused it
		return 0
	}
	return xxh3.Hash(append([]byte(asked.Descriptor().FullName()), body...))
}

// cut gives the rows of a page and the token of the next one from up to limit+1 rows: the one too many tells that there is a next page.
func cut[K, R any](a *API, page listPage[K], rows []R, key func(R) K) (shown []R, next string, err error) {
	if len(rows) <= page.limit {
		return rows, "", nil
	}
	rows = rows[:page.limit]
	after, err := json.Marshal(key(rows[len(rows)-1]))
	if err != nil {
		return nil, "", fmt.Errorf("write page token: %w", err)
	}
	value, err := json.Marshal(listToken{Asked: page.asked, After: after})
	if err != nil {
		return nil, "", fmt.Errorf("write page token: %w", err)
	}
	return rows, a.Identity.Seal(value), nil
}

// listing is what the stores of lists by time are asked for: one row more than the page has.
func listing(page listPage[int64], order laurelv1.ListOrder, text string, within *laurelv1.TimeRange) store.Listing {
	from, until := bounds(within)
	return store.Listing{
		Limit: page.limit + 1, OldestFirst: order == laurelv1.ListOrder_LIST_ORDER_OLDEST, Text: text, FromMicros: from, UntilMicros: until,
		After: page.after,
	}
}

// bounds are those of a time range in microseconds; 0 where it has none.
func bounds(within *laurelv1.TimeRange) (from, until int64) {
	return micros(within.GetFrom()), micros(within.GetUntil())
}

// micros rounds up: what is before a bound by less than a microsecond is not in it. Nothing is before 1970, so that the beginning of 1970,
// which would be no bound, may stand a microsecond before it.
func micros(at *timestamppb.Timestamp) int64 {
	if at == nil {
		return 0
	}
	return cmp.Or(at.AsTime().Add(time.Microsecond-time.Nanosecond).UnixMicro(), -1)
}
