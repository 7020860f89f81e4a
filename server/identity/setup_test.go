package identity_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/ent/db"
	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// clock stands still until a test moves it on.
type clock struct{ offset atomic.Int64 }

func (c *clock) now() time.Time {
	return time.Date(2025, 10, 25, 18, 0, 0, 0, time.UTC).Add(time.Duration(c.offset.Load()))
}

func (c *clock) advance(step time.Duration) { c.offset.Add(int64(step)) }

type bundle struct {
	*identity.Service
	clock    *clock
	settings identity.Settings
}

// setup opens a service whose password hashes are cheap.
func setup(t testing.TB, s *store.Store, change ...func(*identity.Settings)) *bundle {
	t.Helper()
	b := &bundle{clock: &clock{}}
	b.settings = onto(identity.Settings{
		Now:      b.clock.now,
		Password: &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32},
	}, s)
	for _, each := range change {
		each(&b.settings)
	}
	b.Service = b.another(t)
	return b
}

// onto points settings at a database.
func onto(settings identity.Settings, s *store.Store) identity.Settings {
	settings.Read = s.Ent()
	settings.Write = func(ctx context.Context, do func(context.Context, *db.Client) error) error {
		return s.Tx(ctx, func(ctx context.Context, tx *store.Tx) error { return do(ctx, tx.Ent()) })
	}
	return settings
}

// another opens a second service over the same database, as another process would.
func (b *bundle) another(t testing.TB) *identity.Service {
	t.Helper()
	service, err := identity.Open(t.Context(), b.settings)
	require.NoError(t, err)
	return service
}

func request(t testing.TB, change ...func(*http.Request)) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://laurel.example/rpc", nil)
	r.RemoteAddr = "192.0.2.7:4711"
	for _, each := range change {
		each(r)
	}
	return r
}

func withBearer(bearer string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+bearer) }
}

func withCookie(cookie *http.Cookie) func(*http.Request) {
	return func(r *http.Request) { r.AddCookie(cookie) }
}
