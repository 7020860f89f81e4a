package api

import (
	"context"
	"fmt"
	"slices"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/identity"
)

const (
	maxTop     = 1000
	defaultTop = 10
	maxAround  = 50
	// ownPlaceTries bounds how often a player's surroundings are read again because he moved meanwhile.
	ownPlaceTries = 3
)

// boardQuery asks for a part of a board, in terms of both RPC and REST.
type boardQuery struct {
	contest string
	top     int64
	me      string
	around  int64
	token   string
}

// boardView is the answer, before it is written for its caller.
type boardView struct {
	contest *laurelv1.ContestSummary
	window  *window
	me      *ownPlace
	next    string
}

// ownPlace is a player's own place. Place 0 when he has no standing.
type ownPlace struct {
	row    placed
	toNext int64
	delta  int64
	around []placed
}

// view reads what a query asks for.
func (a *API) view(ctx context.Context, caller identity.Caller, q boardQuery) (*boardView, error) {
	summary, err := a.summary(q.contest)
	if err != nil {
		return nil, err
	}
	if q.me, err = whoseOwn(caller, q.me); err != nil {
		return nil, err
	}
	if q.around > 0 && q.me == "" {
		return nil, badField("around", "needs me: the player whose surroundings are wanted")
	}
	key, err := a.windowWanted(ctx, q)
	if err != nil {
		return nil, err
	}
	v := &boardView{contest: summary}
	if v.window, err = a.window(ctx, caller, key); err != nil {
		return nil, err
	}
	if v.next, err = a.pageToken(q.contest, key.count, v.window); err != nil {
		return nil, err
	}
	if q.me != "" {
		v.me, err = a.ownPlace(ctx, caller, q)
	}
	return v, err
}

// whoseOwn decides whose own place a caller may ask for. A player's token asks for himself without being told.
func whoseOwn(caller identity.Caller, me string) (string, error) {
	switch {
	case me == "" && caller.Kind == identity.PlayerCaller:
		return caller.UserID, nil
	case me == "" || caller.Sees(me):
		return me, nil
	case caller.Kind == identity.Anonymous:
		return "", &failure{kind: kindUnauthenticated, field: "me", message: "needs an API key with scope read, or the player's own token"}
	default:
		return "", &failure{kind: kindDenied, field: "me", message: "must be the player himself; other players' places need an API key with " +
			"scope read"}
	}
}

// windowWanted applies the defaults: 10 rows, none when only the surroundings are asked for, and the size of the last page when it goes on.
func (a *API) windowWanted(ctx context.Context, q boardQuery) (windowKey, error) {
	key := windowKey{contest: q.contest, count: q.top}
	if q.token == "" {
		if key.count == 0 && q.around == 0 {
			key.count = defaultTop
		}
		return key, nil
	}
	position, err := a.openPageToken(q.contest, q.token)
	if err != nil {
		return windowKey{}, err
	}
	if key.count == 0 {
		key.count = position.Size
	}
	key.from, err = a.after(ctx, position)
	return key, err
}

// ownPlace reads a player's place and what lies around it.
func (a *API) ownPlace(ctx context.Context, caller identity.Caller, q boardQuery) (*ownPlace, error) {
	for try := 1; ; try++ {
		ranks, err := a.Board.Rank(ctx, q.contest, []string{q.me})
		if err != nil || len(ranks) != 1 {
			return nil, fmt.Errorf("read own place: %w", err)
		}
		if ranks[0].Place == 0 {
			ranks[0].UserID, ranks[0].Units = q.me, 0
			own, err := a.named(ctx, ranks)
			if err != nil {
				return nil, err
			}
			return &ownPlace{row: own[0], delta: a.visits.placeless(caller, q.contest, q.me)}, nil
		}
		place := ranks[0].Place
		from := max(0, place-1-max(q.around, 1))
		page, err := a.Board.Page(ctx, q.contest, from, place-from+q.around)
		if err != nil {
			return nil, fmt.Errorf("read own place: %w", err)
		}
		rows := page.Rows
		at := slices.IndexFunc(rows, func(row board.Row) bool { return row.UserID == q.me })
		if at < 0 && try < ownPlaceTries {
			continue
		}
		if at < 0 {
			rows, at = ranks, 0
		}
		own := &ownPlace{delta: a.visits.delta(ctx, caller, q.contest, q.me, rows[at].Units)}
		if at > 0 {
			own.toNext = rows[at-1].Units - rows[at].Units
		}
		named, err := a.named(ctx, rows)
		if err != nil {
			return nil, err
		}
		own.row = named[at]
		if q.around > 0 {
			own.around = named[max(0, at-int(q.around)):min(len(named), at+int(q.around)+1)]
		}
		return own, nil
	}
}
