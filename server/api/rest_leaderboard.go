package api

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/zeebo/xxh3"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/identity"
)

const (
	maxContestID = 64
	maxUserID    = 128
	maxPageToken = 512
	maxListToken = 1024

	cachePublic  = "public, max-age=1, stale-while-revalidate=4"
	cachePrivate = "private, no-cache"
)

// The parameters of the doors.
var (
	boardParameters      = []string{"top", "me", "around", "page_token"}
	tournamentParameters = []string{"market", "brand", "page_size", "page_token"}
)

// restBoard is the answer of GET /v1/leaderboards/{id}.
type restBoard struct {
	ID            string    `json:"id"`
	Status        string    `json:"status"`
	Top           []restRow `json:"top"`
	Me            *restOwn  `json:"me,omitempty"`
	Total         int64     `json:"total"`
	Revision      int64     `json:"revision"`
	Stale         bool      `json:"stale"`
	NextPageToken string    `json:"next_page_token"`
	// AsOf is left out of the entity tag: a board that did not change is the same board a second later.
	AsOf string `json:"as_of,omitempty"`
}

// restOwn is a player's own place; pos and to_next are null while he has no standing.
type restOwn struct {
	Pos    *int64    `json:"pos"`
	User   string    `json:"user"`
	Name   string    `json:"name"`
	Score  decimal   `json:"score"`
	Delta  decimal   `json:"delta"`
	ToNext *decimal  `json:"to_next"`
	Around []restRow `json:"around"`
}

// renderedBoard is an answer ready to send.
type renderedBoard struct {
	etag string
	body []byte
	// packed is the body gzipped, or nil when it is too small for that.
	packed func() []byte
}

// getLeaderboard reads a board: ?top= rows, ?me= with ?around=, or the page at ?page_token=.
func (a *API) getLeaderboard(w http.ResponseWriter, r *http.Request) error {
	q, err := boardQueryOf(r)
	if err != nil {
		return err
	}
	caller := identity.CallerFrom(r.Context())
	v, err := a.view(r.Context(), caller, q)
	if err != nil {
		return err
	}
	public := caller.Kind == identity.Anonymous && v.me == nil
	rendered := v.window.public.Load()
	if rendered == nil || !public {
		if rendered, err = render(caller, v); err != nil {
			return err
		}
		if public {
			v.window.public.Store(rendered)
		}
	}
	header := w.Header()
	header.Set("Cache-Control", cachePrivate)
	if public {
		header.Set("Cache-Control", cachePublic)
	}
	header.Set("Vary", "Authorization, Accept-Encoding")
	header.Set("ETag", rendered.etag)
	header.Set("Content-Type", "application/json; charset=utf-8")
	var packed []byte
	if acceptsGzip(r) {
		packed = rendered.packed()
	}
	serveContent(w, r, rendered.body, packed)
	return nil
}

// boardQueryOf reads the parameters; an error names the one that is wrong.
func boardQueryOf(r *http.Request) (q boardQuery, err error) {
	q.contest = r.PathValue("id")
	if len(q.contest) > maxContestID {
		return q, badField("id", "must be the id of a contest, at most %d bytes", maxContestID)
	}
	if q.top, err = queryNumber(r, "top", 0, maxTop); err != nil {
		return q, err
	}
	if q.around, err = queryNumber(r, "around", 0, maxAround); err != nil {
		return q, err
	}
	if q.me, err = queryText(r, "me", maxUserID); err != nil {
		return q, err
	}
	q.token, err = queryText(r, "page_token", maxPageToken)
	return q, err
}

// render writes a view for a caller, with the tag of its content.
func render(caller identity.Caller, v *boardView) (*renderedBoard, error) {
	precision := v.contest.GetPrecision()
	answer := restBoard{
		ID: v.contest.GetId(), Status: statusOf(v.contest.GetState()), Top: restRows(caller, v.window.rows, precision),
		Total: v.window.page.Total, Revision: v.window.page.Revision(), Stale: v.window.page.Stale, NextPageToken: v.next,
	}
	if me := v.me; me != nil {
		answer.Me = &restOwn{
			User: restUser(caller, me.row), Name: me.row.Name, Score: decimalOf(me.row.Units, precision), Delta: decimalOf(me.delta, precision),
			Around: restRows(caller, me.around, precision),
		}
		if me.row.Place > 0 {
			toNext := decimalOf(me.toNext, precision)
			answer.Me.Pos, answer.Me.ToNext = &me.row.Place, &toNext
		}
	}
	content, err := json.Marshal(answer)
	if err != nil {
		return nil, fmt.Errorf("write board: %w", err)
	}
	answer.AsOf = v.window.at.UTC().Format("2006-01-02T15:04:05.000Z07:00")
	body, err := json.Marshal(answer)
	if err != nil {
		return nil, fmt.Errorf("write board: %w", err)
	}
	body = append(body, '\n')
	return &renderedBoard{
		etag: fmt.Sprintf(`W/"%016x"`, xxh3.Hash(content)), body: body, packed: sync.OnceValue(func() []byte { return pack(body) }),
	}, nil
}

// pack gzips content, or returns nil when that is not worth it.
func pack(content []byte) []byte {
	if len(content) < minCompressBytes {
		return nil
	}
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, _ = writer.Write(content)
	if writer.Close() != nil || packed.Len() >= len(content) {
		return nil
	}
	return packed.Bytes()
}

// statusOf is a contest's state in REST answers: scheduled, live, closing or final.
func statusOf(state laurelv1.ContestState) string {
	return strings.ToLower(strings.TrimPrefix(state.String(), "CONTEST_STATE_"))
}

// restTournament is a contest in the answer of GET /v1/tournaments.
type restTournament struct {
	ID         string   `json:"id"`
	Title      string   `json:"title"`
	Start      string   `json:"start"`
	End        string   `json:"end"`
	TZ         string   `json:"tz"`
	Type       string   `json:"type"`
	N          int32    `json:"n,omitempty"`
	Status     string   `json:"status"`
	Players    int64    `json:"players"`
	Markets    []string `json:"markets"`
	Brands     []string `json:"brands"`
	Tiebreaker []string `json:"tiebreaker"`
	Precision  int32    `json:"precision"`
	ResultHash string   `json:"result_hash,omitempty"`
}

// getTournaments lists contests, live ones first: ?market= and ?brand= leave out those that are not open to them. The answer is a plain
// list; when there are more than ?page_size=, the header Link has the address of the next page.
func (a *API) getTournaments(w http.ResponseWriter, r *http.Request) error {
	market, err := queryText(r, "market", 32)
	if err != nil {
		return err
	}
	brand, err := queryText(r, "brand", 64)
	if err != nil {
		return err
	}
	size, err := queryNumber(r, "page_size", 0, maxTournaments)
	if err != nil {
		return err
	}
	token, err := queryText(r, "page_token", maxListToken)
	if err != nil {
		return err
	}
	if size == 0 {
		size = maxTournaments
	}
	listed, err := a.listContests(&laurelv1.ListContestsRequest{Market: market, Brand: brand, PageSize: int32(size), PageToken: token},
		maxTournaments)
	if err != nil {
		return err
	}
	if next := listed.GetNextPageToken(); next != "" {
		query := r.URL.Query()
		query.Set("page_token", next)
		w.Header().Set("Link", "<"+r.URL.Path+"?"+query.Encode()+`>; rel="next"`)
	}
	list := []restTournament{}
	for _, c := range listed.GetContests() {
		list = append(list, restTournament{
			ID: c.GetId(), Title: c.GetTitle(), Start: c.GetStart().AsTime().Format(time.RFC3339), End: c.GetEnd().AsTime().Format(time.RFC3339),
			TZ: c.GetTz(), Type: c.GetType(), N: c.GetN(), Status: statusOf(c.GetState()), Players: c.GetPlayers(),
			Markets: orEmpty(c.GetMarkets()), Brands: orEmpty(c.GetBrands()), Tiebreaker: orEmpty(c.GetTiebreaker()),
			Precision: c.GetPrecision(), ResultHash: c.GetResultHash(),
		})
	}
	w.Header().Set("Cache-Control", cachePublic)
	if identity.CallerFrom(r.Context()).Kind != identity.Anonymous {
		w.Header().Set("Cache-Control", cachePrivate)
	}
	w.Header().Set("Vary", "Authorization")
	writeJSON(w, http.StatusOK, list)
	return nil
}

// orEmpty writes no entries as an empty list, not as null.
func orEmpty(values []string) []string {
	if values == nil {
		return []string{}
	}
	return values
}
