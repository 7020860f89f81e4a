package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/ent/db"
	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/api"
	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/board/memory"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/ingest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/rule"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
	"github.com/laurelhq/laurel/server/telemetry"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// patience bounds the waits of these tests; it is long because the machine may be busy, and nothing depends on it.
const patience = time.Minute

const (
	devKey   = "k"
	password = "correct horse"
)

// bundle is a server without the fold: boards are written by hand.
type bundle struct {
	url      string
	store    *store.Store
	people   *identity.Service
	journal  *journal.Journal
	catalog  *catalog.Service
	contests *contest.Service
	engine   *memory.Engine
	keeper   *board.Keeper
	intake   *ingest.Service
	figures  *telemetry.Telemetry
	log      *logBook
	seq      int64
	// cookie is the session of an admin, once somebody signed in for the lists.
	cookie string
}

// logBook keeps what was logged.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns what was logged so far.
func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// setup serves the real handlers over a real SQLite database on a port of its own.
func setup(t testing.TB, change ...func(*api.Config)) *bundle {
	t.Helper()
	return setupOn(t, storetest.Open(t, store.SQLite), change...)
}

// setupOn serves over a database of the caller's.
func setupOn(t testing.TB, database *store.Store, change ...func(*api.Config)) *bundle {
	t.Helper()
	b := &bundle{store: database, log: &logBook{}, engine: memory.New(), figures: telemetry.New(time.Now)}
	logger := telemetry.NewLogger(b.log, telemetry.LogSettings{})
	write := func(ctx context.Context, do func(ctx context.Context, client *db.Client) error) error {
		return b.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error { return do(ctx, tx.Ent()) })
	}
	var err error
	b.people, err = identity.Open(t.Context(), identity.Settings{
		Read: b.store.Ent(), Write: write, Now: time.Now, DevAPIKey: devKey,
		Password: &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32},
	})
	require.NoError(t, err)
	b.journal, err = journal.Open(t.Context(), b.store, 0)
	require.NoError(t, err)
	registry, err := event.NewRegistry()
	require.NoError(t, err)
	b.intake = ingest.NewService(ingest.Config{
		Journal: b.journal, Registry: registry, Writers: 1, FutureLimit: 5 * time.Minute, Now: time.Now, Log: logger,
		Observe: b.figures.ObserveIngest, Conflict: func() {}, TooOld: b.figures.TooOld, Lag: func(time.Duration, int64) {},
	})
	run(t, b.intake.Run)
	b.contests = contest.NewService(contest.Config{
		Store: b.store, Journal: b.journal, Clock: contest.WallClock(time.Now), Now: time.Now, Log: logger,
		Players: func(id string) int64 { return b.keeper.Sizes.Of(id) }, Changed: func(string) {},
	})
	b.catalog = catalog.NewService(catalog.Config{Store: b.store, Adopt: b.contests.Adopt, Now: time.Now, Steps: []catalog.Step{rule.Step()}})
	require.NoError(t, b.contests.Sync(t.Context()))
	b.keeper = board.NewKeeper(board.KeeperConfig{
		Engine: b.engine, Store: b.store, Journal: b.journal, Boards: func() []string { return nil },
		Final: func(id string) bool { return b.contests.Set().Final(id) }, Rebuilt: func(string) {}, Now: time.Now, Log: logger,
	})
	b.serve(t, logger, change...)
	return b
}

func (b *bundle) serve(t testing.TB, logger *slog.Logger, change ...func(*api.Config)) {
	t.Helper()
	config := api.Config{
		Identity: b.people, Ingest: b.intake, Catalog: b.catalog, Contest: b.contests, Board: b.keeper, Telemetry: b.figures,
		Conflicts: b.intake.Conflicts, DeadLetters: b.intake.DeadLetters,
		Installation: func(_ context.Context, pulse *laurelv1.GetPulseResponse) error {
			pulse.Database, pulse.Contests = "sqlite", b.contests.Set().Counts()
			return nil
		},
		Ready: b.store.Ping, Now: time.Now, Log: logger, Version: "test",
	}
	for _, each := range change {
		each(&config)
	}
	doors, err := api.New(config)
	require.NoError(t, err)
	handler, err := doors.Handler()
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := api.NewServer(listener.Addr().String(), handler)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	b.url = "http://" + listener.Addr().String()
}

// run keeps a worker going until the end of the test.
func run(t testing.TB, worker func(context.Context)) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() { defer close(done); worker(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
}

// publish makes a live contest that counts in hundredths of a point.
func (b *bundle) publish(t testing.TB, id string, scope string) {
	t.Helper()
	now := time.Now().UTC()
	yaml := fmt.Sprintf("kind: Contest\nid: %s\ntitle: Sprint\nwindow: {start: %s, end: %s}\n%sscoring: {formula: "+
		"win.multiplier}\nleaderboard: {type: best_n_rounds, n: 3}\n",
		id, now.Add(-time.Hour).Format(time.RFC3339), now.Add(time.Hour).Format(time.RFC3339), scope)
	_, _, err := b.catalog.Publish(t.Context(), catalog.Publication{Yaml: yaml, By: "test"})
	require.NoError(t, err)
	require.NoError(t, b.contests.Sync(t.Context()))
	require.NoError(t, b.contests.Step(t.Context()))
}

// load puts players on a board, best score first by units.
func (b *bundle) load(t testing.TB, id string, units map[string]int64) {
	t.Helper()
	err := b.engine.Load(t.Context(), id, func(yield func(board.Entry, error) bool) {
		for user, score := range maps.All(units) {
			if !yield(board.Entry{UserID: user, Units: score}, nil) {
				return
			}
		}
	}, nil)
	require.NoError(t, err)
}

// score gives players new scores, as the fold would.
func (b *bundle) score(t testing.TB, id string, units map[string]int64) {
	t.Helper()
	b.seq++
	batch := board.Batch{Board: id, Seq: b.seq}
	for user, score := range units {
		batch.Entries = append(batch.Entries, board.Entry{UserID: user, Units: score})
	}
	require.NoError(t, b.keeper.Apply(t.Context(), []board.Batch{batch}))
}

// answer is an HTTP answer, read whole.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// json decodes the body.
func (a answer) json(t *testing.T) map[string]any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(a.body))
	decoder.UseNumber()
	var value map[string]any
	require.NoError(t, decoder.Decode(&value), "%s", a.body)
	return value
}

// failure returns the error's code and the field it names, and checks the shape of the error.
func (a answer) failure(t *testing.T) (code, field string) {
	t.Helper()
	outer := a.json(t)
	require.Len(t, outer, 1)
	inner, ok := outer["error"].(map[string]any)
	require.True(t, ok, "%s", a.body)
	require.Len(t, inner, 3)
	require.NotEmpty(t, inner["message"])
	details, ok := inner["details"].(map[string]any)
	require.True(t, ok, "%s", a.body)
	field, _ = details["field"].(string)
	code, _ = inner["code"].(string)
	return code, field
}

// call sends one request; headers are name, value, name, value.
func (b *bundle) call(t *testing.T, method, path string, body io.Reader, headers ...string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, b.url+path, body)
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	transport := &http.Transport{DisableCompression: true}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{status: response.StatusCode, header: response.Header, body: read}
}

func (b *bundle) get(t *testing.T, path string, headers ...string) answer {
	t.Helper()
	return b.call(t, http.MethodGet, path, nil, headers...)
}

// post sends JSON with the dev key, as curl would.
func (b *bundle) post(t *testing.T, body string) answer {
	t.Helper()
	return b.call(t, http.MethodPost, "/v1/events", strings.NewReader(body), "Authorization", "Bearer "+devKey, "Content-Type",
		"application/json")
}

// key makes an API key and returns its Authorization header.
func (b *bundle) key(t *testing.T, scopes ...identity.Scope) string {
	t.Helper()
	_, bearer, err := b.people.CreateAPIKey(t.Context(), "test", "", scopes)
	require.NoError(t, err)
	return "Bearer " + bearer
}

// unknownKey has the form of an API key, and nobody made it.
func (b *bundle) unknownKey() string {
	return "Bearer lk_" + strings.Repeat("a", 16) + "_" + strings.Repeat("b", 52)
}

// player mints a player token and returns its Authorization header.
func (b *bundle) player(t *testing.T, user string) string {
	t.Helper()
	token, err := b.people.MintPlayerToken(user, 0)
	require.NoError(t, err)
	return "Bearer " + token
}

// operator signs an operator with one role in and returns his Cookie header.
func (b *bundle) operator(t *testing.T, role identity.Role) string {
	t.Helper()
	name := "op-" + string(role)
	require.NoError(t, b.people.EnsureOperator(t.Context(), name, password, []identity.Role{role}))
	_, cookie, err := b.people.SignIn(t.Context(), identity.SignInAttempt{Name: name, Password: password})
	require.NoError(t, err)
	return cookie.Name + "=" + cookie.Value
}

// spin is one event as JSON.
func spin(id string, ts time.Time, more string) string {
	return fmt.Sprintf(`{"event_id":%q,"event_name":"round_end","ts":%q,"user_id":"u_1","market":"DE",
		"game":{"id":"g_7","provider":"P","type":"slots"},"bet":{"amount_minor":100,"currency":"EUR"},"win":{"amount_minor":250,"multiplier":2.5},
		"round":{"id":"r_%s","state":"ended","duration_ms":2400}%s}`, id, ts.UTC().Format(time.RFC3339Nano), id, more)
}
