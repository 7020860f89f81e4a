package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/ingest"
)

func TestEveryErrorHasItsCode(t *testing.T) {
	t.Parallel()
	for _, each := range []struct {
		err   error
		rpc   connect.Code
		http  int
		field string
		retry time.Duration
	}{
		{&event.Problem{Field: "bet", Message: "x"}, connect.CodeInvalidArgument, 400, "bet", 0},
		{&identity.InvalidError{Field: "public_name", Message: "x"}, connect.CodeInvalidArgument, 400, "public_name", 0},
		{&identity.LimitError{RetryAfter: time.Minute}, connect.CodeResourceExhausted, 429, "", time.Minute},
		{identity.ErrUnauthenticated, connect.CodeUnauthenticated, 401, "", 0},
		{identity.ErrNotFound, connect.CodeNotFound, 404, "", 0},
		{catalog.ErrNotFound, connect.CodeNotFound, 404, "", 0},
		{contest.ErrNotFound, connect.CodeNotFound, 404, "", 0},
		{&catalog.Invalid{Problems: []catalog.Problem{{Message: "x"}}}, connect.CodeInvalidArgument, 400, "yaml", 0},
		{&catalog.Conflict{Kind: "Contest", ID: "c"}, connect.CodeFailedPrecondition, 409, "base_version", 0},
		{&ingest.Lagging{RetryAfter: 2 * time.Second}, connect.CodeResourceExhausted, 429, "", 2 * time.Second},
		{&ingest.Unavailable{RetryAfter: time.Second, Err: errors.New("disk")}, connect.CodeUnavailable, 503, "", time.Second},
		{&http.MaxBytesError{}, connect.CodeResourceExhausted, 413, "", 0},
		{context.Canceled, connect.CodeCanceled, 499, "", 0},
		{context.DeadlineExceeded, connect.CodeUnavailable, 503, "", time.Second},
		{connect.NewError(connect.CodeUnimplemented, errors.New("x")), connect.CodeInternal, 500, "", 0},
		{errors.New("anything else"), connect.CodeInternal, 500, "", 0},
	} {
		for _, err := range []error{each.err, fmt.Errorf("read it: %w", each.err)} {
			f := judge(err)
			assert.Equal(t, each.rpc, codes[f.kind].rpc, "%v", err)
			assert.Equal(t, each.http, codes[f.kind].http, "%v", err)
			assert.Equal(t, each.field, f.field, "%v", err)
			assert.Equal(t, each.retry, f.retryAfter, "%v", err)
		}
	}
}

func TestCallersOwnDeadlineIsNotTheDatabasesFault(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	f := hide(ctx, slog.New(slog.DiscardHandler), "x", fmt.Errorf("read: %w", ctx.Err()))
	assert.Equal(t, connect.CodeDeadlineExceeded, codes[f.kind].rpc)
}

func TestDecimalIsExact(t *testing.T) {
	t.Parallel()
	for _, each := range []struct {
		units     int64
		precision int32
		want      decimal
	}{
		{0, 2, "0"}, {5, 2, "0.05"}, {-5, 2, "-0.05"}, {100, 2, "1"}, {120, 2, "1.2"}, {1255, 0, "1255"}, {1 << 53, 4, "900719925474.0992"},
		{-1, 4, "-0.0001"},
	} {
		assert.Equal(t, each.want, decimalOf(each.units, each.precision))
	}
	rapid.Check(t, func(rt *rapid.T) {
		units := rapid.Int64().Draw(rt, "units")
		precision := rapid.Int32Range(0, 4).Draw(rt, "precision")
		got, ok := new(big.Rat).SetString(string(decimalOf(units, precision)))
		require.True(rt, ok)
		scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(precision)), nil)
		require.Zero(rt, got.Cmp(new(big.Rat).SetFrac(big.NewInt(units), scale)))
	})
}

func TestEntityTagsAreComparedWeakly(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		`W/"a"`: true, `"a"`: true, `"b", W/"a"`: true, `*`: true, `"b"`: false, ``: false, `a`: false, `W/"ab"`: false,
	} {
		request := httptest.NewRequest(http.MethodGet, "/app.js", nil)
		request.Header.Set("If-None-Match", header)
		answer := httptest.NewRecorder()
		(&asset{kind: "text/plain", etag: `"a"`, plain: []byte("a")}).serve(answer, request, cacheCheck)
		assert.Equal(t, want, answer.Code == http.StatusNotModified, header)
	}
}
