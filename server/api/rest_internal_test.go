package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/ent/db"
	laurel "github.com/laurelhq/laurel/gen/laurel/v1/laurelv1connect"
	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/store/storetest"
	"github.com/laurelhq/laurel/server/telemetry"
)

// TestPanicBehindARESTDoorIsAnInternalError: the connection stays, the caller learns nothing, the log has the stack.
func TestPanicBehindARESTDoorIsAnInternalError(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, store.SQLite)
	people, err := identity.Open(t.Context(), identity.Settings{
		Read: s.Ent(), Now: time.Now, Password: &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32},
		Write: func(ctx context.Context, do func(context.Context, *db.Client) error) error {
			return s.Tx(ctx, func(ctx context.Context, tx *store.Tx) error { return do(ctx, tx.Ent()) })
		},
	})
	require.NoError(t, err)
	limits, err := newLimits(time.Now, nil, 0, 0)
	require.NoError(t, err)
	a := &API{Config: Config{Identity: people, Telemetry: telemetry.New(time.Now), Log: slog.New(slog.DiscardHandler), Now: time.Now},
		limits: limits}
	door := a.guarded(laurel.ContestServiceListContestsProcedure,
		func(http.ResponseWriter, *http.Request) error { panic("secret pointer is nil") })
	w := httptest.NewRecorder()
	door.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/tournaments", nil))
	assert.Equal(t, http.StatusInternalServerError, w.Code)
	assert.Contains(t, w.Body.String(), `"code":"internal"`)
	assert.NotContains(t, w.Body.String(), "secret")
}
