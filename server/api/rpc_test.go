package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"connectrpc.com/grpcreflect"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/types/known/timestamppb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	laurel "github.com/laurelhq/laurel/gen/laurel/v1/laurelv1connect"
	"github.com/laurelhq/laurel/server/api"
	"github.com/laurelhq/laurel/server/identity"
)

// protocols are the ways in which the same call can be made.
var protocols = map[string]struct {
	prefix  string
	options []connect.ClientOption
	http2   bool
}{
	"connect":            {prefix: "/rpc"},
	"connect json":       {prefix: "/rpc", options: []connect.ClientOption{connect.WithProtoJSON()}},
	"connect plain path": {prefix: ""},
	"grpc-web":           {prefix: "/rpc", options: []connect.ClientOption{connect.WithGRPCWeb()}},
	"grpc":               {prefix: "", options: []connect.ClientOption{connect.WithGRPC()}, http2: true},
}

// client returns an HTTP client that sends one Authorization header, over HTTP/2 without TLS when asked to.
func client(t *testing.T, authorization string, http2 bool) *http.Client {
	t.Helper()
	transport := &http.Transport{}
	if http2 {
		transport.Protocols = new(http.Protocols)
		transport.Protocols.SetUnencryptedHTTP2(true)
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: authorized{transport, authorization}}
}

type authorized struct {
	next   http.RoundTripper
	header string
}

// RoundTrip implements http.RoundTripper.
func (a authorized) RoundTrip(r *http.Request) (*http.Response, error) {
	if a.header != "" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", a.header)
	}
	return a.next.RoundTrip(r)
}

// started is the time of every round, so that the same id means the same event.
var started = timestamppb.Now()

func round(id string) *laurelv1.Event {
	return &laurelv1.Event{
		EventId: id, Name: "round_end", EventTs: started, User: &laurelv1.User{Id: "u_1"}, Game: &laurelv1.Game{Id: "g"},
		Bet: &laurelv1.Bet{AmountMinor: 100, Currency: "EUR"}, Win: &laurelv1.Win{AmountMinor: 200},
		Round: &laurelv1.Round{Id: "r", State: "ended"},
	}
}

func TestEveryProtocolTakesEvents(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key := b.key(t, identity.ScopeIngest)
	for name, protocol := range protocols {
		service := laurel.NewIngestServiceClient(client(t, key, protocol.http2), b.url+protocol.prefix, protocol.options...)
		got, err := service.Ingest(t.Context(), &laurelv1.IngestRequest{Events: []*laurelv1.Event{round(name)}})
		require.NoError(t, err, name)
		assert.Equal(t, int32(1), got.GetAccepted(), name)
		assert.Empty(t, got.GetResults(), "results are left out when every event was new")

		bad := round(name + " bad")
		bad.Bet.AmountMinor = -1
		again := round(name)
		again.EventTs = timestamppb.New(time.Unix(1_700_000_000, 0))
		got, err = service.Ingest(t.Context(), &laurelv1.IngestRequest{Events: []*laurelv1.Event{bad, again, round(name + " new")}})
		require.NoError(t, err, "one bad event does not fail its neighbours")
		require.Len(t, got.GetResults(), 3)
		assert.Equal(t, "bet.amount_minor", got.GetResults()[0].GetField())
		assert.Equal(t, "event_id", got.GetResults()[1].GetField())
		assert.Equal(t, laurelv1.EventStatus_EVENT_STATUS_ACCEPTED, got.GetResults()[2].GetStatus())
		assert.Equal(t, int32(2), got.GetRejected())

		_, err = service.Ingest(t.Context(), &laurelv1.IngestRequest{})
		assert.Equal(t, connect.CodeInvalidArgument, connect.CodeOf(err), name)
		_, err = laurel.NewIngestServiceClient(client(t, "", protocol.http2), b.url+protocol.prefix, protocol.options...).
			Ingest(t.Context(), &laurelv1.IngestRequest{Events: []*laurelv1.Event{round("x")}})
		assert.Equal(t, connect.CodeUnauthenticated, connect.CodeOf(err), name)
	}
}

func TestStreamSumsUp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, name := range []string{"connect", "grpc"} {
		protocol := protocols[name]
		service := laurel.NewIngestServiceClient(client(t, b.key(t, identity.ScopeIngest), true), b.url+protocol.prefix, protocol.options...)
		stream, err := service.IngestStream(t.Context())
		require.NoError(t, err)
		for batch := range 3 {
			bad := round("bad")
			bad.User = nil
			require.NoError(t, stream.Send(&laurelv1.IngestStreamRequest{Events: []*laurelv1.Event{
				round(fmt.Sprint(name, batch)), round(name + "0"), bad,
			}}))
		}
		sum, err := stream.CloseAndReceive()
		require.NoError(t, err)
		assert.Equal(t, int64(3), sum.GetAccepted())
		assert.Equal(t, int64(3), sum.GetDuplicates())
		assert.Equal(t, int64(3), sum.GetRejected())
		require.Len(t, sum.GetRejections(), 3)
		assert.Equal(t, int32(8), sum.GetRejections()[2].GetIndex(), "index counts over the whole stream")
	}
}

func TestLimitTellsWhenToComeBack(t *testing.T) {
	t.Parallel()
	now := time.Now() // it stands, so that no call takes a second
	b := setup(t, func(c *api.Config) { c.CallsPerSecond, c.Now = 1, func() time.Time { return now } })
	service := laurel.NewContestServiceClient(client(t, b.key(t, identity.ScopeRead), false), b.url+"/rpc")
	var err error
	for range 10 {
		if _, err = service.ListContests(t.Context(), &laurelv1.ListContestsRequest{}); err != nil {
			break
		}
	}
	var limited *connect.Error
	require.ErrorAs(t, err, &limited)
	assert.Equal(t, connect.CodeResourceExhausted, limited.Code())
	assert.NotEmpty(t, limited.Meta().Get("Retry-After"))
	var retry *errdetails.RetryInfo
	for _, detail := range limited.Details() {
		if value, err := detail.Value(); err == nil {
			if info, ok := value.(*errdetails.RetryInfo); ok {
				retry = info
			}
		}
	}
	require.NotNil(t, retry)
	assert.Positive(t, retry.GetRetryDelay().AsDuration())
}

func TestReflectionTellsTheServices(t *testing.T) {
	t.Parallel()
	b := setup(t)
	stream := grpcreflect.NewClient(client(t, "", true), b.url, connect.WithGRPC()).NewStream(t.Context())
	names, err := stream.ListServices()
	require.NoError(t, err)
	assert.Len(t, names, 7)
	_, err = stream.Close()
	require.NoError(t, err)
}

func TestOperatorSignsInWorksAndSignsOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.people.EnsureOperator(t.Context(), "ana", password, []identity.Role{identity.RoleAdmin}))
	browser := client(t, "", false)
	var err error
	browser.Jar, err = cookiejar.New(nil)
	require.NoError(t, err)
	service := laurel.NewOperatorServiceClient(browser, b.url+"/rpc")

	_, err = service.GetSession(t.Context(), &laurelv1.GetSessionRequest{})
	assert.Equal(t, connect.CodeUnauthenticated, connect.CodeOf(err))
	_, err = service.SignIn(t.Context(), &laurelv1.SignInRequest{Name: "ana", Password: "not this one"})
	assert.Equal(t, connect.CodeUnauthenticated, connect.CodeOf(err))
	assert.Contains(t, b.log.String(), `"peer":"127.0.0.1"`)
	assert.NotContains(t, b.log.String(), "not this one")
	signed, err := service.SignIn(t.Context(), &laurelv1.SignInRequest{Name: "ana", Password: password})
	require.NoError(t, err)
	assert.Equal(t, []string{"admin"}, signed.GetOperator().GetRoles())
	session, err := service.GetSession(t.Context(), &laurelv1.GetSessionRequest{})
	require.NoError(t, err)
	assert.Equal(t, "ana", session.GetOperator().GetName())
	assert.Equal(t, "test", session.GetServerVersion())

	made, err := service.CreateApiKey(t.Context(), &laurelv1.CreateApiKeyRequest{Name: "game server", Scopes: []string{"ingest"}})
	require.NoError(t, err)
	ingest := laurel.NewIngestServiceClient(client(t, "Bearer "+made.GetBearer(), false), b.url+"/rpc")
	_, err = ingest.Ingest(t.Context(), &laurelv1.IngestRequest{Events: []*laurelv1.Event{round("e")}})
	require.NoError(t, err)
	_, err = service.RevokeApiKey(t.Context(), &laurelv1.RevokeApiKeyRequest{Id: made.GetApiKey().GetId()})
	require.NoError(t, err)
	_, err = ingest.Ingest(t.Context(), &laurelv1.IngestRequest{Events: []*laurelv1.Event{round("e")}})
	assert.Equal(t, connect.CodeUnauthenticated, connect.CodeOf(err))
	listed, err := service.ListApiKeys(t.Context(), &laurelv1.ListApiKeysRequest{})
	require.NoError(t, err)
	require.Len(t, listed.GetApiKeys(), 1)
	assert.NotNil(t, listed.GetApiKeys()[0].GetRevokedAt())
	_, err = service.RevokeApiKey(t.Context(), &laurelv1.RevokeApiKeyRequest{Id: "nobody"})
	assert.Equal(t, connect.CodeNotFound, connect.CodeOf(err))
	_, err = service.CreateApiKey(t.Context(), &laurelv1.CreateApiKeyRequest{Name: "x", Scopes: []string{"everything"}})
	assert.Equal(t, connect.CodeInvalidArgument, connect.CodeOf(err), "the validator sees requests")

	_, err = service.SignOut(t.Context(), &laurelv1.SignOutRequest{})
	require.NoError(t, err)
	_, err = service.GetSession(t.Context(), &laurelv1.GetSessionRequest{})
	assert.Equal(t, connect.CodeUnauthenticated, connect.CodeOf(err))
}

func TestPublishFromYAML(t *testing.T) {
	t.Parallel()
	b := setup(t)
	service := laurel.NewCatalogServiceClient(client(t, b.key(t, identity.ScopeAdmin), false), b.url+"/rpc")
	const good = "kind: Contest\nid: c9\nwindow: {start: 2025-10-25T18:00Z, end: 2025-10-25T19:00Z}\nscoring: {formula: " +
		"win.multiplier}\nleaderboard: {type: sum}\n"
	bad := strings.Replace(good, "win.multiplier", "win.multiplayer", 1)

	checked, err := service.CheckDefinition(t.Context(), &laurelv1.CheckDefinitionRequest{Yaml: bad})
	require.NoError(t, err)
	require.NotEmpty(t, checked.GetProblems())
	assert.Equal(t, int32(4), checked.GetProblems()[0].GetLine())

	_, err = service.PublishDefinition(t.Context(), &laurelv1.PublishDefinitionRequest{Yaml: bad})
	var refused *connect.Error
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, connect.CodeInvalidArgument, refused.Code())
	var problems *laurelv1.PublishProblems
	for _, detail := range refused.Details() {
		if value, err := detail.Value(); err == nil {
			if found, ok := value.(*laurelv1.PublishProblems); ok {
				problems = found
			}
		}
	}
	require.NotNil(t, problems)
	assert.Equal(t, int32(4), problems.GetProblems()[0].GetLine())

	published, err := service.PublishDefinition(t.Context(), &laurelv1.PublishDefinitionRequest{Yaml: good})
	require.NoError(t, err)
	assert.Equal(t, int32(1), published.GetDefinition().GetVersion())
	assert.True(t, strings.HasPrefix(published.GetDefinition().GetPublishedBy(), "apikey:"))
	shown, err := laurel.NewContestServiceClient(client(t, b.key(t, identity.ScopeRead), false), b.url+"/rpc").
		GetContest(t.Context(), &laurelv1.GetContestRequest{Id: "c9"})
	require.NoError(t, err, "the contest is there as soon as it is published")
	assert.Equal(t, good, shown.GetYaml())

	base := int32(0)
	_, err = service.PublishDefinition(t.Context(),
		&laurelv1.PublishDefinitionRequest{Yaml: strings.Replace(good, "id: c9", "id: c9\ntitle: New", 1), BaseVersion: &base})
	assert.Equal(t, connect.CodeFailedPrecondition, connect.CodeOf(err))
	_, err = service.GetDefinition(t.Context(), &laurelv1.GetDefinitionRequest{Kind: "Contest", Id: "nothing"})
	assert.Equal(t, connect.CodeNotFound, connect.CodeOf(err))
}

func TestBoardOverRPC(t *testing.T) {
	t.Parallel()
	b := setup(t)
	live(t, b, 20)
	public := laurel.NewLeaderboardServiceClient(client(t, "", false), b.url+"/rpc", connect.WithHTTPGet())
	got, err := public.GetLeaderboard(t.Context(), &laurelv1.GetLeaderboardRequest{ContestId: "c1", Top: 5})
	require.NoError(t, err)
	require.Len(t, got.GetTop(), 5)
	for _, row := range got.GetTop() {
		assert.Empty(t, row.GetUserId())
		assert.NotEmpty(t, row.GetPlayerKey())
		assert.NotEmpty(t, row.GetName())
	}
	assert.Equal(t, int64(20), got.GetTotal())
	own := laurel.NewLeaderboardServiceClient(client(t, b.player(t, "u_20"), false), b.url+"/rpc")
	got, err = own.GetLeaderboard(t.Context(), &laurelv1.GetLeaderboardRequest{ContestId: "c1", Around: 3})
	require.NoError(t, err)
	assert.Empty(t, got.GetTop(), "around alone asks for no top")
	assert.Equal(t, int64(20), got.GetMe().GetRow().GetPlace())
	assert.Len(t, got.GetMe().GetAround(), 4)
	assert.Equal(t, int64(100), got.GetMe().GetToNextUnits())
	for _, each := range []*laurelv1.GetLeaderboardRequest{
		{}, {ContestId: "c1", Top: 1001}, {ContestId: "c1", Around: 51}, {ContestId: "c1", Top: -1},
	} {
		_, err = public.GetLeaderboard(t.Context(), each)
		assert.Equal(t, connect.CodeInvalidArgument, connect.CodeOf(err))
	}
	_, err = public.GetLeaderboard(t.Context(), &laurelv1.GetLeaderboardRequest{ContestId: "nothing"})
	assert.Equal(t, connect.CodeNotFound, connect.CodeOf(err))
}

func TestPlayersAndPulse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	live(t, b, 2)
	admin := client(t, b.key(t, identity.ScopeAdmin), false)
	players := laurel.NewPlayerServiceClient(admin, b.url+"/rpc")
	_, err := players.MintPlayerToken(t.Context(), &laurelv1.MintPlayerTokenRequest{UserId: "u_2"})
	assert.Equal(t, connect.CodePermissionDenied, connect.CodeOf(err), "admin alone does not mint")
	backend := laurel.NewPlayerServiceClient(client(t, b.key(t, identity.ScopePlayerTokens), false), b.url+"/rpc")
	minted, err := backend.MintPlayerToken(t.Context(), &laurelv1.MintPlayerTokenRequest{UserId: "u_2"})
	require.NoError(t, err)
	assert.Equal(t, int64(2), *b.board(t, "/v1/leaderboards/c1", "Authorization", "Bearer "+minted.GetToken()).Me.Pos)
	named, err := players.SetPublicName(t.Context(), &laurelv1.SetPublicNameRequest{UserId: "u_2", PublicName: "Zoë"})
	require.NoError(t, err)
	assert.Equal(t, "Zoë", named.GetName())
	_, err = players.SetPublicName(t.Context(), &laurelv1.SetPublicNameRequest{UserId: "u_2", PublicName: "a\u202eb"})
	assert.Equal(t, connect.CodeInvalidArgument, connect.CodeOf(err))
	pulse, err := laurel.NewTelemetryServiceClient(admin, b.url+"/rpc").GetPulse(t.Context(), &laurelv1.GetPulseRequest{})
	require.NoError(t, err)
	assert.Equal(t, "sqlite", pulse.GetDatabase())
	assert.Equal(t, laurelv1.ContestState_CONTEST_STATE_LIVE, pulse.GetContests()[1].GetState())
	assert.Equal(t, int64(1), pulse.GetContests()[1].GetCount(), "one live contest")
}

func TestInternalErrorsAndPanicsTellNothing(t *testing.T) {
	t.Parallel()
	fail := true
	b := setup(t, func(c *api.Config) {
		c.Installation = func(context.Context, *laurelv1.GetPulseResponse) error {
			if fail {
				return errors.New("secret table is broken")
			}
			panic("secret pointer is nil")
		}
	})
	service := laurel.NewTelemetryServiceClient(client(t, b.key(t, identity.ScopeRead), false), b.url+"/rpc")
	for _, inside := range []string{"secret table is broken", "secret pointer is nil"} {
		_, err := service.GetPulse(t.Context(), &laurelv1.GetPulseRequest{})
		require.Equal(t, connect.CodeInternal, connect.CodeOf(err))
		assert.NotContains(t, err.Error(), "secret")
		trace := err.Error()[strings.LastIndex(err.Error(), " ")+1:]
		assert.Regexp(t, "^[0-9a-f]{32}$", trace)
		assert.Contains(t, b.log.String(), inside)
		assert.Contains(t, b.log.String(), trace, "the caller's trace id finds the line in the log")
		fail = false
	}
}

// TestMistypedFieldOverJSON is refused as the REST doors do: what was meant would otherwise be a default.
func TestMistypedFieldOverJSON(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.publish(t, "sprint", "")
	for _, kind := range []string{"application/json", "application/json; charset=utf-8"} {
		for procedure, body := range map[string]string{
			"LeaderboardService/GetLeaderboard": `{"contest_id":"sprint","topp":5}`,
			"IngestService/Ingest":              `{"events":[{"event_id":"e","name":"login","evnt_ts":"2026-01-01T00:00:00Z","topp":1,"user":{"id":"u"}}]}`,
			"PlayerService/MintPlayerToken":     `{"user_id":"u","ttl":5}`,
		} {
			got := b.call(t, http.MethodPost, "/rpc/laurel.v1."+procedure, strings.NewReader(body), "Authorization", "Bearer "+devKey,
				"Content-Type", kind)
			assert.Equal(t, http.StatusBadRequest, got.status, "%s %s: %s", procedure, kind, got.body)
			assert.Contains(t, string(got.body), "unknown field")
		}
		got := b.call(t, http.MethodPost, "/rpc/laurel.v1.LeaderboardService/GetLeaderboard", strings.NewReader(`{"contestId":"sprint","top":5}`),
			"Content-Type", kind)
		assert.Equal(t, http.StatusOK, got.status, "%s", got.body)
	}
}

// TestRevokedKeyEndsItsStream proves that a stream which was open when its key was revoked takes nothing more.
func TestRevokedKeyEndsItsStream(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key, bearer, err := b.people.CreateAPIKey(t.Context(), "shop", "", []identity.Scope{identity.ScopeIngest})
	require.NoError(t, err)
	protocol := protocols["grpc"]
	service := laurel.NewIngestServiceClient(client(t, "Bearer "+bearer, true), b.url+protocol.prefix, protocol.options...)
	stream, err := service.IngestStream(t.Context())
	require.NoError(t, err)
	require.NoError(t, stream.Send(&laurelv1.IngestStreamRequest{Events: []*laurelv1.Event{round("before")}}))
	stored := func() int64 {
		events, _, err := b.journal.Backlog(t.Context(), 10)
		require.NoError(t, err)
		return events
	}
	require.Eventually(t, func() bool { return stored() == 1 }, patience, 10*time.Millisecond)
	require.NoError(t, b.people.RevokeAPIKey(t.Context(), key.ID))
	_ = stream.Send(&laurelv1.IngestStreamRequest{Events: []*laurelv1.Event{round("after")}}) // the end of the stream says what came of it
	_, err = stream.CloseAndReceive()
	assert.Equal(t, connect.CodeUnauthenticated, connect.CodeOf(err))
	assert.Equal(t, int64(1), stored())
}
