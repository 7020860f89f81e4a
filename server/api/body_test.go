package api_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/api"
)

// zeros is a body of n bytes that is nowhere in memory.
type zeros struct{ left int }

// Read implements io.Reader.
func (z *zeros) Read(p []byte) (int, error) {
	if z.left <= 0 {
		return 0, io.EOF
	}
	n := min(len(p), z.left)
	for i := range n {
		p[i] = ' '
	}
	z.left -= n
	return n, nil
}

// bomb is n blanks, whole megabytes, gzipped. One megabyte is packed and repeated: a gzip file may have many parts.
func bomb(t *testing.T, n int) []byte {
	t.Helper()
	const part = 1 << 20
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, err := io.Copy(writer, &zeros{left: part})
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	return bytes.Repeat(packed.Bytes(), n/part)
}

// tryPost sends a body and reports the status, 0 when the server hung up before all was sent, which is as good a refusal.
func (b *bundle) tryPost(t *testing.T, body io.Reader, headers ...string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+"/v1/events", body)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+devKey)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return 0
	}
	defer func() { _ = response.Body.Close() }()
	return response.StatusCode
}

// TestLargeBodiesAreRefusedInFlatMemory is row 8 of the fault list. It runs alone, since what other tests allocate would count.
func TestLargeBodiesAreRefusedInFlatMemory(t *testing.T) {
	b := setup(t)
	const hundredMegabytes = 100 << 20
	packed := bomb(t, hundredMegabytes)
	require.Less(t, len(packed), 1<<20)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	const rounds = 8
	for range rounds {
		assert.Equal(t, http.StatusRequestEntityTooLarge, b.tryPost(t, bytes.NewReader(packed), "Content-Encoding", "gzip"))
		assert.Contains(t, []int{0, http.StatusRequestEntityTooLarge}, b.tryPost(t, &zeros{left: hundredMegabytes}))
	}
	runtime.ReadMemStats(&after)
	allocated := (after.TotalAlloc - before.TotalAlloc) / (2 * rounds)
	assert.Less(t, allocated, uint64(80<<20), "a refused body of 100 MB is never in memory, not even counting what is freed again")

	got := b.call(t, http.MethodPost, "/v1/events", strings.NewReader("x"), "Authorization", "Bearer "+devKey)
	assert.Equal(t, http.StatusBadRequest, got.status, "the server goes on")
}

func TestAnnouncedSizeIsRefusedUnread(t *testing.T) {
	t.Parallel()
	b := setup(t)
	connection, err := net.Dial("tcp", strings.TrimPrefix(b.url, "http://"))
	require.NoError(t, err)
	defer func() { _ = connection.Close() }()
	_, err = fmt.Fprintf(connection, "POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n", devKey,
		100<<20)
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	assert.Equal(t, http.StatusRequestEntityTooLarge, response.StatusCode)
}

func TestLargeRPCMessagesAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, body := range []struct {
		reader io.Reader
		header []string
	}{
		{&zeros{left: 5 << 20}, nil},
		{bytes.NewReader(bomb(t, 50<<20)), []string{"Content-Encoding", "gzip"}},
	} {
		got := b.call(t, http.MethodPost, "/rpc/laurel.v1.IngestService/Ingest", body.reader,
			append(body.header, "Authorization", "Bearer "+devKey, "Content-Type", "application/json")...)
		assert.Contains(t, string(got.body), "resource_exhausted", "%d", got.status)
	}
}

// TestSlowClientIsToldSo sends one byte and then nothing.
func TestSlowClientIsToldSo(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *api.Config) { c.BodyTime = 150 * time.Millisecond })
	for _, each := range []struct{ path, want string }{
		{"/v1/events", "408 Request Timeout"},
		{"/rpc/laurel.v1.IngestService/Ingest", ""},
	} {
		connection, err := net.Dial("tcp", strings.TrimPrefix(b.url, "http://"))
		require.NoError(t, err)
		defer func() { _ = connection.Close() }()
		require.NoError(t, connection.SetDeadline(time.Now().Add(patience)), "a server that waits for ever fails this test, it does not hang it")
		_, err = fmt.Fprintf(connection, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: "+
			"application/json\r\nContent-Length: 1000\r\n\r\n{", each.path, devKey)
		require.NoError(t, err)
		response, err := http.ReadResponse(bufio.NewReader(connection), nil)
		require.NoError(t, err, each.path)
		_ = response.Body.Close()
		assert.GreaterOrEqual(t, response.StatusCode, 400, each.path)
		if each.want != "" {
			assert.Equal(t, each.want, response.Status)
		}
	}
}

// TestBrokenRPCBodies are the caller's mistakes, and what the operating system says of his connection is not for him.
func TestBrokenRPCBodies(t *testing.T) {
	t.Parallel()
	b, hurried := setup(t), setup(t, func(c *api.Config) { c.BodyTime = 150 * time.Millisecond })
	const unary, stream = "/rpc/laurel.v1.IngestService/Ingest", "/rpc/laurel.v1.IngestService/IngestStream"
	for name, each := range map[string]struct{ path, kind, body, want string }{
		"slow": {unary, "application/json", "Content-Length: 10\r\n\r\n{",
			`"deadline_exceeded","message":"the body did not arrive in time`},
		"broken chunk": {unary, "application/json", "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
			`"invalid_argument","message":"the body ended too early`},
		"envelope cut off": {stream, "application/connect+json", "Content-Length: 7\r\n\r\n\x00\x00\x00\x00\x09{}",
			`"invalid_argument","message":"the stream can't be read`},
		"never compressed": {stream, "application/connect+json", "Content-Length: 7\r\n\r\n\x01\x00\x00\x00\x02{}",
			`"invalid_argument","message":"the stream can't be read`},
		"half a prefix": {stream, "application/connect+json", "Content-Length: 3\r\n\r\n\x00\x00\x00",
			`"invalid_argument","message":"the stream can't be read`},
		"chunk in a stream": {stream, "application/connect+json", "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
			`"invalid_argument","message":"the body ended too early`},
	} {
		url := b.url
		if name == "slow" {
			url = hurried.url
		}
		connection, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		require.NoError(t, err, name)
		defer func() { _ = connection.Close() }()
		require.NoError(t, connection.SetDeadline(time.Now().Add(patience)))
		_, err = fmt.Fprintf(connection, "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\n%s",
			each.path, devKey, each.kind, each.body)
		require.NoError(t, err, name)
		answer, err := http.ReadResponse(bufio.NewReader(connection), nil)
		require.NoError(t, err, name)
		said, _ := io.ReadAll(answer.Body) // the connection is closed with bytes unread, so its end may be a reset
		_ = answer.Body.Close()
		assert.Contains(t, strings.Replace(string(said), `"code":`, "", 1), each.want, name)
		assert.NotContains(t, string(said), "127.0.0.1", name)
	}
	require.Eventually(t, func() bool { return b.rejected(t) == 5 }, patience, time.Millisecond, "each counts as one refused event")
	require.Zero(t, hurried.rejected(t), "what came too slowly may be sent again")
	got := b.get(t, "/rpc/laurel.v1.LeaderboardService/GetLeaderboard?connect=v1&encoding=proto&base64=1&message=@@@")
	assert.Equal(t, http.StatusBadRequest, got.status, "%s", got.body)
	got = b.get(t, "/rpc/laurel.v1.LeaderboardService/GetLeaderboard?connect=v1&encoding=json&message=%zz")
	assert.Equal(t, http.StatusBadRequest, got.status, "%s", got.body)
	assert.NotContains(t, b.log.String(), "request failed")
}
