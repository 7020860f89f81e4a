package api

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"connectrpc.com/connect"
	goredis "github.com/redis/go-redis/v9"
	"golang.org/x/sync/semaphore"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/board"
	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/contest"
	"github.com/laurelhq/laurel/server/identity"
	"github.com/laurelhq/laurel/server/ingest"
	"github.com/laurelhq/laurel/server/journal"
	"github.com/laurelhq/laurel/server/store"
	"github.com/laurelhq/laurel/server/telemetry"
)

// Config is what the doors lead to.
type Config struct {
	Identity  *identity.Service
	Ingest    *ingest.Service
	Catalog   *catalog.Service
	Contest   *contest.Service
	Board     *board.Keeper
	Telemetry *telemetry.Telemetry

	// Conflicts and DeadLetters list refused re-uses of event ids and events that could not be scored, by their numbers.
	Conflicts   func(ctx context.Context, wanted store.Listing) ([]*laurelv1.EventConflict, error)
	DeadLetters func(ctx context.Context, filter journal.LetterFilter) ([]*laurelv1.DeadLetter, error)
	// Installation fills in the figures of GetPulse that are about the installation: contests, conflicts, dead_letters, database, board,
	// clock, now.
	Installation func(ctx context.Context, pulse *laurelv1.GetPulseResponse) error
	// Renamed is told of a player whose public name changed; nil means that nobody wants to know.
	Renamed func(userID string)
	// Ready reports why the server can't serve, or nil.
	Ready func(ctx context.Context) error

	// Socket answers /ws, Metrics answers /metrics. Nil means 404.
	Socket  http.Handler
	Metrics http.Handler
	// Studio, Widget and Demo hold the built pages at their roots: index.html with its assets, laurel.js, and demo.html. Nil or empty when
	// they were not built.
	Studio, Widget, Demo fs.FS
	// Redis is where processes share what callers have used up of their limits and what they saw last; nil when this process is alone. It must
	// end its commands when their context does. RedisPrefix begins every key.
	Redis       goredis.UniversalClient
	RedisPrefix string
	// Profile opens /debug/pprof to admins.
	Profile bool

	// Now is the wall clock.
	Now func() time.Time
	Log *slog.Logger
	// Version is told to operators.
	Version string
	// Dev opens /demo/token, which makes a token for any player.
	Dev bool
	// EventsPerSecond bounds what one API key may send; 0 means 50 000. CallsPerSecond bounds the other calls of one caller; 0 means 5 000.
	EventsPerSecond, CallsPerSecond int
	// BodyTime is how long a caller may take to send a body; 0 means 30 seconds.
	BodyTime time.Duration
}

// API answers every door.
type API struct {
	Config
	bodies  *semaphore.Weighted
	limits  *limits
	windows *windows
	visits  *visits
}

// New returns the API. The error says what is missing.
func New(config Config) (*API, error) {
	switch {
	case config.Identity == nil, config.Ingest == nil, config.Catalog == nil, config.Contest == nil, config.Board == nil,
		config.Telemetry == nil:
		return nil, errors.New("open api: every service must be set")
	case config.Conflicts == nil, config.DeadLetters == nil, config.Installation == nil, config.Ready == nil, config.Now == nil,
		config.Log == nil:
		return nil, errors.New("open api: every function must be set")
	}
	if config.BodyTime <= 0 {
		config.BodyTime = defaultBodyTime
	}
	a := &API{Config: config, bodies: semaphore.NewWeighted(maxBodyBytesAtOnce)}
	var err error
	common := newCommons(config.Redis, config.RedisPrefix, config.Now, config.Log)
	if a.limits, err = newLimits(config.Now, common, config.EventsPerSecond, config.CallsPerSecond); err != nil {
		return nil, err
	}
	if a.windows, err = newWindows(); err != nil {
		return nil, err
	}
	if a.visits, err = newVisits(common); err != nil {
		return nil, err
	}
	return a, nil
}

// Handler returns everything under one root.
func (a *API) Handler() (http.Handler, error) {
	mux := http.NewServeMux()
	if err := a.mountRPC(mux); err != nil {
		return nil, err
	}
	a.mountREST(mux)
	a.mountProbes(mux)
	if err := a.mountSite(mux); err != nil {
		return nil, err
	}
	return hardened(withKnownProcedures(mux)), nil
}

// NewServer returns a server for the handler: HTTP/1.1 and HTTP/2, the latter also without TLS, as gRPC clients inside a
// cluster speak it. Bodies and answers have no overall time limit here, since sockets and streams stay open; each door sets its own.
func NewServer(address string, handler http.Handler) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Addr: address, Handler: handler, Protocols: protocols,
		ReadHeaderTimeout: readHeaderTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeaderBytes,
		HTTP2: &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
	}
}

const (
	readHeaderTime = 10 * time.Second
	idleTime       = 2 * time.Minute
	maxHeaderBytes = 64 << 10
	// maxStreams bounds concurrent calls on one HTTP/2 connection.
	maxStreams = 250
)

// rpcOptions are those of every RPC handler.
func (a *API) rpcOptions(interceptors ...connect.Interceptor) connect.HandlerOption {
	translate := errorInterceptor{log: a.Log}
	return connect.WithHandlerOptions(
		connect.WithCodec(jsonCodecs[0]),
		connect.WithCodec(jsonCodecs[1]),
		connect.WithReadMaxBytes(maxBodyBytes),
		connect.WithCompressMinBytes(minCompressBytes),
		connect.WithRequestGate(a.gate),
		connect.WithInterceptors(append([]connect.Interceptor{translate}, interceptors...)...),
		connect.WithRecover(translate.recovered),
	)
}
