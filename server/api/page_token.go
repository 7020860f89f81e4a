package api

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"

	"github.com/laurelhq/laurel/server/board"
)

// pagePosition is what a page token carries: the last row of the page and how long pages are. The next page is everything
// after that row in the board's order, so rows that stand still are shown exactly once however ranks move between two pages.
// It is sealed, since it names the player by user id.
type pagePosition struct {
	Contest string `json:"c"`
	Size    int64  `json:"s"`
	Place   int64  `json:"p"`
	Units   int64  `json:"u"`
	Tie     []byte `json:"t"`
	UserID  string `json:"i"`
}

func (p pagePosition) entry() board.Entry {
	return board.Entry{UserID: p.UserID, Units: p.Units, Tie: string(p.Tie)}
}

// pageToken is the token of the page after last, or empty at the end of the board.
func (a *API) pageToken(contestID string, size int64, w *window) (string, error) {
	if len(w.rows) == 0 || int64(len(w.rows)) < size {
		return "", nil
	}
	last := w.rows[len(w.rows)-1]
	if last.Place >= w.page.Total {
		return "", nil
	}
	value, err := json.Marshal(pagePosition{
		Contest: contestID, Size: size, Place: last.Place, Units: last.Units, Tie: []byte(last.Tie), UserID: last.UserID,
	})
	if err != nil {
		return "", fmt.Errorf("write page token: %w", err)
	}
	return a.Identity.Seal(value), nil
}

// openPageToken reads a token that was given out for this contest.
func (a *API) openPageToken(contestID, token string) (pagePosition, error) {
	var position pagePosition
	value, ok := a.Identity.Unseal(token)
	if !ok || json.Unmarshal(value, &position) != nil || position.Contest != contestID || position.Size < 1 || position.Size > maxTop {
		return pagePosition{}, badField("page_token", "must be the next_page_token of an answer about the same contest")
	}
	return position, nil
}

// after returns how many rows of the board stand before the page that goes on after position. Most often the last row is
// where it was, or has moved with its score unchanged; only when its score changed the place is searched for, in a
// number of single-row reads that grows with the logarithm of the board.
func (a *API) after(ctx context.Context, position pagePosition) (int64, error) {
	page, err := a.rowAt(ctx, position.Contest, position.Place-1)
	if err != nil {
		return 0, err
	}
	if page.Sorted || (len(page.Rows) > 0 && page.Rows[0].Entry == position.entry()) {
		return min(position.Place, page.Total), nil
	}
	ranks, err := a.Board.Rank(ctx, position.Contest, []string{position.UserID})
	if err != nil {
		return 0, fmt.Errorf("find page: %w", err)
	}
	if len(ranks) == 1 && ranks[0].Place > 0 && ranks[0].Entry == position.entry() {
		return ranks[0].Place, nil
	}
	var failed error
	from := sort.Search(int(page.Total), func(place int) bool {
		if failed != nil {
			return true
		}
		page, err := a.rowAt(ctx, position.Contest, int64(place))
		failed = err
		return len(page.Rows) == 0 || board.Compare(page.Rows[0].Entry, position.entry()) > 0
	})
	return int64(from), failed
}

// rowAt reads the row at place from+1; none when the board is shorter.
func (a *API) rowAt(ctx context.Context, contestID string, from int64) (board.Page, error) {
	page, err := a.Board.Page(ctx, contestID, from, 1)
	if err != nil {
		return board.Page{}, fmt.Errorf("find page: %w", err)
	}
	return page, nil
}
