package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

// listRows is how many rows every list of these tests has at least.
const listRows = 10_000

// list is one List RPC under test.
type list struct {
	procedure string
	// filter is what every request says.
	filter map[string]any
	// rows is the field of the answer that holds the rows, and key names the fields that tell them apart.
	rows string
	key  []string
	size int
	// named tells that the list has an order by name.
	named bool
	// add adds rows while the list is read.
	add func(t *testing.T)
	// other is a filter or an order of which a token of this list is no token.
	other map[string]any
}

// TestEveryListIsPagedWithoutGapOrOverlap reads lists of ten thousand rows page by page, in each order, while rows are added.
func TestEveryListIsPagedWithoutGapOrOverlap(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		history(t, s, time.Now().UTC().Truncate(24*time.Hour))
		b := setupOn(t, s)
		for _, one := range b.lists(t) {
			there := b.read(t, one, one.filter, func(int) {})
			require.GreaterOrEqual(t, len(there), listRows)
			for _, order := range []string{"UNSPECIFIED", "OLDEST", "NAME"} {
				t.Run(one.procedure+" "+order, func(t *testing.T) { b.readWhole(t, one, there, "LIST_ORDER_"+order) })
			}
		}
	})
}

// readWhole reads a list to its end. Every row that was there when the reading began comes once, and one that was added meanwhile at most
// once.
func (b *bundle) readWhole(t *testing.T, one list, there map[string]bool, order string) {
	t.Helper()
	request := map[string]any{"order": order}
	maps.Copy(request, one.filter)
	if order == "LIST_ORDER_NAME" && !one.named {
		status, body := b.list(t, one.procedure, request)
		require.Equal(t, http.StatusBadRequest, status, "a list without names has no order by name: %s", body)
		require.Contains(t, body, "order")
		return
	}
	seen := b.read(t, one, request, func(page int) {
		if page == 1 || page == 5 {
			one.add(t)
		}
	})
	for key := range there {
		require.True(t, seen[key], "%s is missing", key)
	}
	b.refuseTokens(t, one, request)
}

// read returns the keys of all rows, and fails when one comes twice or a page that isn't the last is not full.
func (b *bundle) read(t *testing.T, one list, request map[string]any, between func(page int)) map[string]bool {
	t.Helper()
	seen := map[string]bool{}
	asked := map[string]any{"pageSize": one.size}
	maps.Copy(asked, request)
	for page := 0; ; page++ {
		rows, next := b.page(t, one, asked)
		for _, row := range rows {
			key := ""
			for _, name := range one.key {
				key += fmt.Sprint(row[name]) + " "
			}
			require.False(t, seen[key], "%s comes twice", key)
			seen[key] = true
			require.NotContains(t, row, "yaml", "a list carries no documents")
		}
		if next == "" {
			return seen
		}
		require.Len(t, rows, one.size)
		asked["pageToken"] = next
		between(page)
	}
}

// refuseTokens sends a token where it does not belong.
func (b *bundle) refuseTokens(t *testing.T, one list, request map[string]any) {
	t.Helper()
	asked := maps.Clone(request)
	asked["pageSize"] = 3
	_, token := b.page(t, one, asked)
	asked["pageToken"], asked["pageSize"] = token, 7
	rows, _ := b.page(t, one, asked)
	require.Len(t, rows, 7, "the size may change from page to page")
	for name, value := range one.other {
		foreign := maps.Clone(asked)
		foreign[name] = value
		status, body := b.list(t, one.procedure, foreign)
		require.Equal(t, http.StatusBadRequest, status, "%s: %s", name, body)
		require.Contains(t, body, "page_token", "the field is named")
	}
	for _, wrong := range []string{"x", token[:len(token)-2], token + "\n", token + " ", b.people.Seal([]byte(`{"q":0,"a":null}`))} {
		asked["pageToken"] = wrong
		status, body := b.list(t, one.procedure, asked)
		require.Equal(t, http.StatusBadRequest, status, body)
		require.Contains(t, body, "page_token")
	}
}

func (b *bundle) page(t *testing.T, one list, request map[string]any) (rows []map[string]any, next string) {
	t.Helper()
	status, body := b.list(t, one.procedure, request)
	require.Equal(t, http.StatusOK, status, "%s %s", one.procedure, body)
	var answer map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(body), &answer))
	if answer[one.rows] != nil {
		require.NoError(t, json.Unmarshal(answer[one.rows], &rows))
	}
	if answer["nextPageToken"] != nil {
		require.NoError(t, json.Unmarshal(answer["nextPageToken"], &next))
	}
	return rows, next
}

func (b *bundle) list(t *testing.T, procedure string, request map[string]any) (status int, body string) {
	t.Helper()
	message, err := json.Marshal(request)
	require.NoError(t, err)
	got := b.call(t, http.MethodPost, "/rpc/laurel.v1."+procedure, bytes.NewReader(message), "Content-Type", "application/json", "Cookie",
		b.cookie, "Sec-Fetch-Site", "same-origin")
	return got.status, string(got.body)
}

// lists are all of them, filled. Many rows have the same time, which no order may take for the same row.
func (b *bundle) lists(t *testing.T) []list {
	t.Helper()
	b.cookie = b.operator(t, identity.RoleAdmin)
	require.Equal(t, http.StatusAccepted, b.post(t, spin("held", time.Now(), "")).status)
	added := 0
	// insert makes the rows of a list, each from its number i, and returns what makes more of them.
	insert := func(statement string, values ...any) func(*testing.T) {
		rows := func(t *testing.T, count int) {
			t.Helper()
			from := added
			added += count
			series := fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < %d) ", from+1, added)
			_, err := b.store.Write().ExecContext(t.Context(), series+statement+" FROM n", values...)
			require.NoError(t, err)
		}
		rows(t, listRows)
		return func(t *testing.T) { rows(t, 3) }
	}
	publish := func(t *testing.T) {
		added++
		b.publish(t, "added_"+strconv.Itoa(added), "")
	}
	bytesOf := "CAST(CAST(i AS text) AS blob)"
	if b.store.Dialect() == store.Postgres {
		bytesOf = "CAST(CAST(i AS text) AS bytea)"
	}
	var held []byte
	require.NoError(t, b.store.Read().QueryRowContext(t.Context(), "SELECT body FROM journal_event").Scan(&held))
	text := map[string]any{"text": "other"}
	return []list{
		{
			procedure: "ContestService/ListContests", rows: "contests", key: []string{"id"}, size: 200, add: publish, named: true,
			other: map[string]any{"market": "DE", "brand": "b", "states": []string{"CONTEST_STATE_LIVE"}, "text": "past",
				"window": map[string]any{"until": "2026-01-01T00:00:00Z"}},
		},
		{procedure: "CatalogService/ListDefinitions", rows: "definitions", key: []string{"kind", "id"}, size: 199, add: publish, named: true,
			other: map[string]any{"kind": "Contest", "text": "past"}},
		{
			procedure: "CatalogService/ListDefinitionVersions", filter: map[string]any{"kind": "Segment", "id": "often"}, rows: "versions",
			key: []string{"version"}, size: 200,
			add: insert("INSERT INTO definition (kind, def_id, version, hash, yaml, published_at, published_by) SELECT 'Segment', 'often', i, " +
				"'h', 'y', i / 700, 'test'"),
			other: map[string]any{"published": map[string]any{"from": "1970-01-01T00:00:01Z"}},
		},
		{
			procedure: "LeaderboardService/ListSnapshots", filter: map[string]any{"contestId": "past_1"}, rows: "snapshots", key: []string{"number"},
			size: 1000,
			add: insert("INSERT INTO contest_snapshot (contest_id, number, taken_at, total, positions, top) SELECT 'past_1', i, i / 700, 3, '', " +
				bytesOf),
			other: map[string]any{"contestId": "past_2"},
		},
		{
			procedure: "IngestService/ListDeadLetters", rows: "deadLetters", key: []string{"id"}, size: 200,
			add: insert("INSERT INTO dead_letter (partition, seq, event_id, stage, subject, reason, failed_at) SELECT 0, i, 'e', 'rule', " +
				"'past_1', 'why', i / 700"),
			other: map[string]any{"text": "other", "stage": "rule", "contestId": "past_1", "failed": map[string]any{"from": "1970-01-01T00:00:01Z"}},
		},
		{
			procedure: "IngestService/ListConflicts", rows: "conflicts", key: []string{"id"}, size: 200,
			add:   insert("INSERT INTO event_conflict (event_id, content_hash, body, refused_at) SELECT 'held', "+bytesOf+", $1, i / 700", held),
			other: text,
		},
		{
			procedure: "OperatorService/ListApiKeys", rows: "apiKeys", key: []string{"id"}, size: 200,
			add: insert("INSERT INTO api_key (id, name, secret_hash, scopes, created_at) SELECT 'k_' || i, 'n' || i % 7, " + bytesOf +
				", '[]', i / 700"), named: true,
			other: map[string]any{"text": "other", "validOnly": true},
		},
	}
}

// TestTournamentsGoOnWhereTheLinkLeads follows the header from page to page.
func TestTournamentsGoOnWhereTheLinkLeads(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 7 {
		b.publish(t, fmt.Sprint("c", i), "")
	}
	var ids []string
	for path, pages := "/v1/tournaments?page_size=3", 0; path != ""; pages++ {
		require.Less(t, pages, 3)
		got := b.get(t, path)
		require.Equal(t, http.StatusOK, got.status, "%s", got.body)
		var page []struct{ ID string }
		require.NoError(t, json.Unmarshal(got.body, &page))
		for _, one := range page {
			ids = append(ids, one.ID)
		}
		path = strings.TrimSuffix(strings.TrimPrefix(got.header.Get("Link"), "<"), `>; rel="next"`)
	}
	require.ElementsMatch(t, []string{"c0", "c1", "c2", "c3", "c4", "c5", "c6"}, ids)
	got := b.get(t, "/v1/tournaments?page_token=x%0A")
	require.Equal(t, http.StatusBadRequest, got.status)
	_, field := got.failure(t)
	require.Equal(t, "page_token", field)
}
