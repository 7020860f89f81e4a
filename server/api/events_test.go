package api_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/api"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

func TestOneEvent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	now := time.Now()
	for _, answer := range []string{`{"accepted":true}`, `{"accepted":true,"duplicate":true}`, `{"accepted":true,"duplicate":true}`} {
		got := b.post(t, spin("e_1", now, ""))
		assert.Equal(t, http.StatusAccepted, got.status)
		assert.JSONEq(t, answer, string(got.body))
	}
	got := b.post(t, spin("e_1", now, `,"session_id":"other"`))
	assert.Equal(t, http.StatusConflict, got.status)
	code, field := got.failure(t)
	assert.Equal(t, "failed_precondition", code)
	assert.Equal(t, "event_id", field)
	var count int
	err := b.store.Read().QueryRowContext(t.Context(), "SELECT count(*) FROM journal_event").Scan(&count)
	require.NoError(t, err)
	assert.Equal(t, 1, count)
}

// TestSourcesDoNotMeet has two senders use the same ids: neither takes the other's, and two keys of one source repeat each other.
func TestSourcesDoNotMeet(t *testing.T) {
	t.Parallel()
	b := setup(t)
	now := time.Now()
	key := func(source string) string {
		_, bearer, err := b.people.CreateAPIKey(t.Context(), "test", source, []identity.Scope{identity.ScopeIngest})
		require.NoError(t, err)
		return "Bearer " + bearer
	}
	send := func(key, event string) answer {
		return b.call(t, http.MethodPost, "/v1/events", strings.NewReader(`{"events":[`+event+`]}`), "Authorization", key, "Content-Type",
			"application/json")
	}
	acme, again, main := key("acme"), key("acme"), key("")
	mine, other := spin("e_1", now, ""), spin("e_1", now, `,"session_id":"other"`)
	for _, each := range []struct {
		key, event, says string
	}{
		{acme, mine, `"accepted":1`},
		{again, mine, `"duplicate":1`},
		{again, other, `already used`},
		{main, other, `"accepted":1`},
		{"Bearer " + devKey, other, `"duplicate":1`},
		{key("main"), mine, `already used`},
		{key("zeta"), mine, `"accepted":1`},
	} {
		require.Contains(t, string(send(each.key, each.event).body), each.says)
	}
	conflicts, err := b.journal.Conflicts(t.Context(), store.Listing{Limit: 10})
	require.NoError(t, err)
	require.Len(t, conflicts, 2)
	for i, source := range []string{"", "acme"} {
		require.Equal(t, source, conflicts[i].Source)
		stored, err := event.Decode(conflicts[i].Stored)
		require.NoError(t, err)
		require.Equal(t, source, stored.GetSource(), "it is shown beside the event of its own source")
	}
	require.Contains(t, string(send(acme, spin("e_2", now, `,"source":"main"`)).body),
		`"reason":"is set by Laurel: leave it out","field":"source"`)
}

func TestBatchAnswersForEachEvent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	now := time.Now()
	require.Equal(t, http.StatusAccepted, b.post(t, spin("known", now, "")).status)
	got := b.post(t, fmt.Sprintf(`{"events":[%s,%s,%s,%s,%s]}`,
		spin("new", now, ""), spin("known", now, ""), spin("known", now, `,"session_id":"x"`),
		`{"event_id":"odd","event_name":"round_end","bet":{"amount_minor":1e400}}`, spin("new", now, "")))
	require.Equal(t, http.StatusAccepted, got.status, "%s", got.body)
	var answer struct {
		Accepted, Duplicate, Rejected int
		Results                       []struct {
			EventID               string `json:"event_id"`
			Status, Reason, Field string
		}
	}
	require.NoError(t, json.Unmarshal(got.body, &answer))
	assert.Equal(t, 1, answer.Accepted)
	assert.Equal(t, 2, answer.Duplicate)
	assert.Equal(t, 2, answer.Rejected)
	var statuses, ids []string
	for _, result := range answer.Results {
		statuses, ids = append(statuses, result.Status), append(ids, result.EventID)
		assert.Equal(t, result.Status == "rejected", result.Reason != "" && result.Field != "")
	}
	assert.Equal(t, []string{"accepted", "duplicate", "rejected", "rejected", "duplicate"}, statuses)
	assert.Equal(t, []string{"new", "known", "known", "odd", "new"}, ids)
	assert.Equal(t, "bet.amount_minor", answer.Results[3].Field)
}

func TestBatchRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	got := b.post(t, `{"events":[{"event_id":"a"},{"event_id":"b","event_name":"no_such"}]}`)
	assert.Equal(t, http.StatusBadRequest, got.status)
	code, field := got.failure(t)
	assert.Equal(t, "invalid_argument", code)
	assert.Empty(t, field, "each event has its own")
	assert.Contains(t, string(got.body), `"message":"no event of this batch was accepted; details.results says why for each"`)
	assert.Equal(t, 2, strings.Count(string(got.body), `"status":"rejected"`), "%s", got.body)
}

// TestRubbishIsNamed is row 3 of the fault list: always 400, always the field, never 500, nothing stored.
func TestRubbishIsNamed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	now := time.Now()
	good := spin("e_bad", now, "")
	for name, each := range map[string]struct{ body, field string }{
		"not JSON":               {`hello`, ""},
		"empty body":             {``, ""},
		"null":                   {`null`, ""},
		"list":                   {`[]`, ""},
		"cut off":                {good[:len(good)-9], ""},
		"duplicate key":          {spin("e_bad", now, `,"market":"SE"`), "market"},
		"duplicate nested key":   {strings.Replace(good, `"currency":"EUR"`, `"currency":"EUR","currency":"USD"`, 1), "bet.currency"},
		"NaN":                    {strings.Replace(good, `"multiplier":2.5`, `"multiplier":NaN`, 1), "win.multiplier"},
		"1e400":                  {strings.Replace(good, `"multiplier":2.5`, `"multiplier":1e400`, 1), "win.multiplier"},
		"2^63":                   {strings.Replace(good, `"amount_minor":100`, `"amount_minor":9223372036854775808`, 1), "bet.amount_minor"},
		"fraction of a cent":     {strings.Replace(good, `"amount_minor":100`, `"amount_minor":100.5`, 1), "bet.amount_minor"},
		"negative stake":         {strings.Replace(good, `"amount_minor":100`, `"amount_minor":-1`, 1), "bet.amount_minor"},
		"empty id":               {strings.Replace(good, `"e_bad"`, `""`, 1), "event_id"},
		"id of a megabyte":       {strings.Replace(good, `"e_bad"`, `"`+strings.Repeat("x", 1<<20)+`"`, 1), "event_id"},
		"unknown name":           {strings.Replace(good, `"round_end"`, `"round_ende"`, 1), "event_name"},
		"far future":             {spin("e_bad", now.Add(time.Hour), ""), "ts"},
		"no time zone":           {strings.Replace(good, `Z"`, `"`, 1), "ts"},
		"bad UTF-8":              {strings.Replace(good, `"u_1"`, "\"u_\xff1\"", 1), "user_id"},
		"lone surrogate":         {strings.Replace(good, `"u_1"`, `"u_\ud800"`, 1), "user_id"},
		"unknown field":          {spin("e_bad", now, `,"amout":1`), "amout"},
		"two events, one object": {good + good, ""},
		"empty batch":            {`{"events":[]}`, "events"},
		"deep nesting":           {spin("e_bad", now, `,"payload":`+strings.Repeat(`{"a":`, 5000)+`1`+strings.Repeat(`}`, 5000)), "payload"},
	} {
		got := b.post(t, each.body)
		require.Equal(t, http.StatusBadRequest, got.status, "%s: %s", name, got.body)
		code, field := got.failure(t)
		assert.Equal(t, "invalid_argument", code, name)
		if each.field != "" {
			assert.True(t, strings.HasPrefix(field, each.field), "%s: field %q, %s", name, field, got.body)
		}
		assert.Less(t, len(got.body), 8<<10, "%s: what was sent is not sent back whole", name)
	}
	var count int
	err := b.store.Read().QueryRowContext(t.Context(), "SELECT count(*) FROM journal_event").Scan(&count)
	require.NoError(t, err)
	assert.Zero(t, count)
	assert.NotContains(t, b.log.String(), "request failed")
}

func TestMoreThanAThousandEvents(t *testing.T) {
	t.Parallel()
	b := setup(t)
	now := time.Now()
	events := make([]string, 1001)
	for i := range events {
		events[i] = spin(fmt.Sprint("e_", i), now, "")
	}
	got := b.post(t, `{"events":[`+strings.Join(events, ",")+`]}`)
	assert.Equal(t, http.StatusBadRequest, got.status)
	_, field := got.failure(t)
	assert.Equal(t, "events", field)
	got = b.post(t, `{"events":[`+strings.Join(events[:1000], ",")+`]}`)
	assert.Equal(t, http.StatusAccepted, got.status)
}

func TestContentTypesAndEncodings(t *testing.T) {
	t.Parallel()
	b := setup(t)
	body := spin("e_1", time.Now(), "")
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, _ = writer.Write([]byte(body))
	require.NoError(t, writer.Close())
	for _, each := range []struct {
		name   string
		body   string
		status int
		header []string
	}{
		{"JSON", body, 202, []string{"Content-Type", "application/json"}},
		{"JSON with charset", body, 202, []string{"Content-Type", "application/json; charset=utf-8"}},
		{"cloud event", body, 202, []string{"Content-Type", "application/cloudevents+json"}},
		{"what curl -d sends", body, 202, []string{"Content-Type", "application/x-www-form-urlencoded"}},
		{"no type", body, 202, nil},
		{"gzip", packed.String(), 202, []string{"Content-Encoding", "gzip"}},
		{"XML", body, 415, []string{"Content-Type", "text/xml"}},
		{"upload form", body, 415, []string{"Content-Type", "multipart/form-data; boundary=x"}},
		{"nonsense type", body, 415, []string{"Content-Type", ";;"}},
		{"brotli", body, 415, []string{"Content-Encoding", "br"}},
		{"gzip that is none", body, 400, []string{"Content-Encoding", "gzip"}},
		{"gzip cut off", packed.String()[:packed.Len()/2], 400, []string{"Content-Encoding", "gzip"}},
	} {
		got := b.call(t, http.MethodPost, "/v1/events", strings.NewReader(each.body), append(each.header, "Authorization", "Bearer "+devKey)...)
		assert.Equal(t, each.status, got.status, "%s: %s", each.name, got.body)
	}
}

func TestTooManyEventsASecond(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *api.Config) { c.EventsPerSecond = 1 })
	now := time.Now()
	events := make([]string, 900)
	for i := range events {
		events[i] = spin(fmt.Sprint("e_", i), now, "")
	}
	batch := `{"events":[` + strings.Join(events, ",") + `]}`
	require.Equal(t, http.StatusAccepted, b.post(t, batch).status)
	got := b.post(t, batch)
	assert.Equal(t, http.StatusTooManyRequests, got.status)
	assert.NotEmpty(t, got.header.Get("Retry-After"))
	code, _ := got.failure(t)
	assert.Equal(t, "resource_exhausted", code)
}

// TestPlayersOfAnEventCountAgainstTheLimit sends events that name 64 players each: fifteen of them are nearly a thousand deliveries.
func TestPlayersOfAnEventCountAgainstTheLimit(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *api.Config) { c.EventsPerSecond = 1 })
	now := time.Now()
	players := make([]string, 64)
	for i := range players {
		players[i] = fmt.Sprintf(`{"user":{"id":"u_%d"}}`, i)
	}
	match := func(i int) string {
		return spin(fmt.Sprint("m_", i), now, `,"participants":[`+strings.Join(players, ",")+`]`)
	}
	for i := range 15 {
		got := b.post(t, match(i))
		require.Equal(t, http.StatusAccepted, got.status, "%d: %s", i, got.body)
	}
	got := b.post(t, match(15))
	require.Equal(t, http.StatusTooManyRequests, got.status)
	require.Contains(t, string(got.body), `"message":"the limit is 1 events and their participants a second; slow down"`)
}

// TestDatabaseAway stops Postgres under a running server: callers are told to come back, and after the restart it goes on.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "laurel-api-pg-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	server, err := storetest.StartServer(context.WithoutCancel(t.Context()), dir, false)
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Stop() })
	database, err := store.Open(t.Context(), server.URL("postgres"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = database.Close() })
	_, err = database.Migrate(t.Context())
	require.NoError(t, err)
	b := setupOn(t, database)
	require.Equal(t, http.StatusAccepted, b.post(t, spin("e_1", time.Now(), "")).status)
	require.Equal(t, http.StatusOK, b.get(t, "/readyz").status)

	require.NoError(t, server.Stop())
	got := b.post(t, spin("e_2", time.Now(), ""))
	assert.Equal(t, http.StatusServiceUnavailable, got.status, "%s", got.body)
	assert.NotEmpty(t, got.header.Get("Retry-After"))
	code, _ := got.failure(t)
	assert.Equal(t, "unavailable", code)
	got = b.call(t, http.MethodPost, "/rpc/laurel.v1.CatalogService/ListDefinitions", strings.NewReader("{}"), "Authorization",
		"Bearer "+devKey, "Content-Type", "application/json")
	assert.Equal(t, http.StatusServiceUnavailable, got.status, "%s", got.body)
	assert.Contains(t, string(got.body), `"code":"unavailable"`)
	got = b.get(t, "/v1/tournaments", "Authorization", b.unknownKey())
	assert.Equal(t, http.StatusServiceUnavailable, got.status, "a key that can't be looked up is not called wrong: %s", got.body)
	assert.Equal(t, http.StatusServiceUnavailable, b.get(t, "/readyz").status)
	assert.Equal(t, http.StatusOK, b.get(t, "/healthz").status)

	require.NoError(t, server.Start(t.Context()))
	require.Eventually(t, func() bool {
		return b.post(t, spin("e_2", time.Now(), "")).status == http.StatusAccepted
	}, patience, 100*time.Millisecond)
}

func TestOtherMethodsAndDoors(t *testing.T) {
	t.Parallel()
	b := setup(t)
	got := b.get(t, "/v1/events")
	assert.Equal(t, http.StatusMethodNotAllowed, got.status)
	assert.Equal(t, "POST", got.header.Get("Allow"))
	got.failure(t)
	got = b.get(t, "/v1/nothing")
	assert.Equal(t, http.StatusNotFound, got.status)
	code, _ := got.failure(t)
	assert.Equal(t, "not_found", code)
}

// TestFieldsAreNamedAsTheyWereSent has the same mistakes under each name that the door takes.
func TestFieldsAreNamedAsTheyWereSent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	future, long := time.Now().Add(time.Hour).UTC().Format(time.RFC3339), strings.Repeat("x", 129)
	head := `{"event_id":"e",`
	name, user, ts := `"event_name":"login"`, `"user_id":"u"`, `"ts":"2026-01-01T00:00Z"`
	known := head + name + "," + user + "," + ts
	for field, each := range map[string]struct{ message, event string }{
		"event_name":          {"must be a known event name, but is ", head + user + "," + ts + `,"event_name":"rank_observe"}`},
		"name":                {"must not be rank_observed, which", head + user + "," + ts + `,"name":"rank_observed"}`},
		"event_name ":         {"is required: one of", head + user + "," + ts + `}`},
		"ts":                  {"must not be more than", head + name + "," + user + `,"ts":"` + future + `"}`},
		"event_ts":            {"must not be more than", head + name + "," + user + `,"event_ts":"` + future + `"}`},
		"ts ":                 {"is required: when", head + name + "," + user + `}`},
		"user_id":             {"must be at most 128", head + name + "," + ts + `,"user_id":"` + long + `"}`},
		"user.id":             {"must be at most 128", head + name + "," + ts + `,"user":{"id":"` + long + `"}}`},
		"user_id ":            {"is required: 1 to 128 bytes", head + name + "," + ts + `,"user":{"geo":"DE"}}`},
		"version":             {"must be ", known + `,"version":"x"}`},
		"schema_version":      {"must be ", known + `,"schema_version":"x"}`},
		"session_id":          {"must be at most 128", known + `,"session_id":"` + long + `"}`},
		"context.session_id":  {"must be at most 128", known + `,"context":{"session_id":"` + long + `"}}`},
		"context.ip":          {"must be an IPv4", known + `,"context":{"ip":"1"}}`},
		"device.ip":           {"must be an IPv4", known + `,"device":{"ip":"1"}}`},
		"name  ":              {"must be a known event name, but is ", head + user + "," + ts + `,"event_name":null,"name":"bogus"}`},
		"event_ts ":           {"must not be more than", head + name + "," + user + `,"ts":null,"event_ts":"` + future + `"}`},
		"event_ts  ":          {"differs from ts,", known + `,"event_ts":"` + future + `"}`},
		"ts  ":                {"differs from event_ts,", head + name + "," + user + `,"event_ts":"` + future + `",` + ts + `}`},
		"user.id ":            {"differs from user_id,", known + `,"user":{"id":"v"}}`},
		"name   ":             {"differs from event_name,", known + `,"name":"check_in"}`},
		"schema_version ":     {"differs from version,", known + `,"version":"1","schema_version":"2"}`},
		"context.session_id ": {"differs from session_id,", known + `,"session_id":"a","context":{"session_id":"b"}}`},
		"context.ip ":         {"differs from device.ip,", known + `,"device":{"ip":"::1"},"context":{"ip":"::2"}}`},
		"context.user_agent":  {"differs from device.user_agent,", known + `,"device":{"user_agent":"a"},"context":{"user_agent":"b"}}`},

		"participants[1].user_id":  {"must be at most 128", known + `,"participants":[{"user_id":"a"},{"user_id":"` + long + `"}]}`},
		"participants[1].user.id":  {"must be at most 128", known + `,"participants":[{"user_id":"a"},{"user":{"id":"` + long + `"}}]}`},
		"participants[1].user_id ": {"is that of participants[0] too", known + `,"participants":[{"user":{"id":"a"}},{"user_id":"a"}]}`},
		"participants[0].user_id":  {"is required: 1 to 128 bytes", known + `,"participants":[{"user":{"geo":"DE"}},{"user_id":"a"}]}`},
		"participants[0].user.id":  {"differs from user_id,", known + `,"participants":[{"user_id":"a","user":{"id":"b"}},{"user_id":"a"}]}`},
		"participants[0].user.geo": {"must be at most 8",
			known + `,"participants":[{"user_id":"a","user":{"geo":"123456789"}},{"user_id":"b"}]}`},
		"participants[1].user_id  ": {"must be at most 128", known + `,"participants":[{"user_id":"a"},{"user":{"id":null},"user_id":"` + long +
			`"}]}`},
	} {
		field = strings.TrimSpace(field)
		got := b.post(t, each.event)
		require.Equal(t, http.StatusBadRequest, got.status, "%s: %s", field, got.body)
		_, named := got.failure(t)
		assert.Equal(t, field, named, "%s", each.event)
		assert.Contains(t, string(got.body), `"message":"`+field+" "+each.message)
		got = b.post(t, `{"events":[7,`+each.event+`]}`)
		assert.Contains(t, string(got.body), `"field":"`+field+`"`, "in a batch")
	}
}
