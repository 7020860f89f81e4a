package api_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurelhq/laurel/server/api"
	"github.com/laurelhq/laurel/server/identity"
)

var script = []byte(strings.Repeat("console.log('laurel');\n", 200))

// packed is what the build puts beside a file.
func packed(content []byte) []byte {
	var buffer bytes.Buffer
	writer := gzip.NewWriter(&buffer)
	_, _ = writer.Write(content)
	_ = writer.Close()
	return buffer.Bytes()
}

func withSite(c *api.Config) {
	c.Studio = fstest.MapFS{
		"assets/app-1f2e.js.gz": {Data: packed(script)}, "index.html": {Data: []byte("<!doctype html><title>studio</title>")},
		"assets/app-1f2e.js": {Data: script}, "favicon.svg": {Data: []byte("<svg/>")}, ".gitkeep": {},
	}
	c.Widget = fstest.MapFS{"laurel.js": {Data: script}}
	c.Demo = fstest.MapFS{"demo.html": {Data: []byte("<!doctype html><title>demo</title>")}}
}

func TestStudioRoomsAllStartFromThePage(t *testing.T) {
	t.Parallel()
	b := setup(t, withSite)
	for _, path := range []string{"/", "/signin", "/contests", "/contests/t_october_sprint/board", "/contests/spring.2025/edit",
		"/index.html"} {
		got := b.get(t, path)
		assert.Equal(t, http.StatusOK, got.status, path)
		assert.Contains(t, string(got.body), "studio", path)
		assert.Equal(t, "text/html; charset=utf-8", got.header.Get("Content-Type"))
		assert.Equal(t, "no-cache", got.header.Get("Cache-Control"))
		for _, part := range []string{"default-src 'self'", "frame-ancestors 'none'", "object-src 'none'"} {
			assert.Contains(t, got.header.Get("Content-Security-Policy"), part)
		}
		assert.NotContains(t, got.header.Get("Content-Security-Policy"), "script-src 'unsafe")
		assert.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"))
		assert.Equal(t, "DENY", got.header.Get("X-Frame-Options"))
	}
	assert.Contains(t, string(b.get(t, "/demo").body), "demo")
}

func TestWhatIsNotThereIsNotThePage(t *testing.T) {
	t.Parallel()
	b := setup(t, withSite)
	for _, path := range []string{
		"/assets/old-0000.js", "/missing.js", "/.gitkeep",
		"/v1/nothing", "/widget/nothing.js", "/widget/", "/demo/token", "/ws", "/metrics", "/debug/pprof/heap", "/../etc/passwd.txt", "/docs",
		"/api", "/api/v1/contests", "/contests/c1/nothing", "/contests/c1/board/x", "/events/nothing", "/signin/x", "/studio",
	} {
		got := b.get(t, path)
		assert.Equal(t, http.StatusNotFound, got.status, path)
		assert.NotContains(t, string(got.body), "studio", path)
	}
	assert.Equal(t, http.StatusNotFound, b.call(t, http.MethodPost, "/contests", nil).status)
}

// TestAPersonAtAWrongAddressSeesThePage asks as a browser does when somebody mistypes an address.
func TestAPersonAtAWrongAddressSeesThePage(t *testing.T) {
	t.Parallel()
	b := setup(t, withSite)
	const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	for _, path := range []string{"/nothing", "/docs", "/contests/c1/nothing"} {
		got := b.get(t, path, "Accept", browser)
		assert.Equal(t, http.StatusNotFound, got.status, path)
		assert.Equal(t, b.get(t, "/", "Accept", browser).body, got.body, path)
		assert.Equal(t, "no-store", got.header.Get("Cache-Control"), path)
	}
	assert.NotContains(t, string(b.get(t, "/v1/nothing", "Accept", browser).body), "studio", "a door answers as doors do")
}

// Each path of the studio's own route tree is one of its rooms.
func TestRoomsAreTheRoutesOfTheStudio(t *testing.T) {
	t.Parallel()
	b := setup(t, withSite)
	tree, err := os.ReadFile("../../frontend/studio/src/routeTree.gen.ts")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(tree), "fullPaths:")
	require.True(t, found)
	union, _, found := strings.Cut(rest, "fileRoutesByTo")
	require.True(t, found)
	paths := regexp.MustCompile(`'(/[^']*)'|"(/[^"]*)"`).FindAllString(union, -1)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		path = strings.ReplaceAll(strings.Trim(path, `'"`), "$id", "spring.2025")
		assert.Equal(t, http.StatusOK, b.get(t, path).status, path)
	}
}

func TestAssetsAreCachedAndCompressed(t *testing.T) {
	t.Parallel()
	b := setup(t, withSite)
	plain := b.get(t, "/assets/app-1f2e.js")
	assert.Equal(t, script, plain.body)
	assert.Equal(t, "public, max-age=31536000, immutable", plain.header.Get("Cache-Control"))
	assert.Equal(t, "text/javascript; charset=utf-8", plain.header.Get("Content-Type"))
	packed := b.get(t, "/assets/app-1f2e.js", "Accept-Encoding", "br, gzip")
	assert.Equal(t, "gzip", packed.header.Get("Content-Encoding"))
	reader, err := gzip.NewReader(bytes.NewReader(packed.body))
	require.NoError(t, err)
	unpacked, err := io.ReadAll(reader)
	require.NoError(t, err)
	assert.Equal(t, script, unpacked)
	assert.Empty(t, b.get(t, "/assets/app-1f2e.js", "Accept-Encoding", "gzip;q=0").header.Get("Content-Encoding"))
	assert.Equal(t, http.StatusNotModified, b.get(t, "/assets/app-1f2e.js", "If-None-Match", packed.header.Get("ETag")).status)
	assert.Equal(t, strconv.Itoa(len(packed.body)), packed.header.Get("Content-Length"))
	assert.Equal(t, http.StatusNotFound, b.get(t, "/assets/app-1f2e.js.gz").status, "it is the same file, packed")
	part := b.get(t, "/assets/app-1f2e.js", "Range", "bytes=0-6")
	assert.Equal(t, http.StatusPartialContent, part.status)
	assert.Equal(t, "console", string(part.body))
	assert.Empty(t, b.get(t, "/widget/laurel.js", "Accept-Encoding", "gzip").header.Get("Content-Encoding"), "the build has not packed it")
	widget := b.get(t, "/widget/laurel.js")
	assert.Equal(t, "*", widget.header.Get("Access-Control-Allow-Origin"), "any page may use the widget")
	assert.Equal(t, "cross-origin", widget.header.Get("Cross-Origin-Resource-Policy"))
}

func TestWithoutBuiltPagesTheServerSaysSo(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *api.Config) { c.Studio = fstest.MapFS{".gitkeep": {}} })
	got := b.get(t, "/")
	assert.Equal(t, http.StatusServiceUnavailable, got.status)
	assert.Contains(t, string(got.body), "make build")
}

func TestDemoTokenInDevelopmentOnly(t *testing.T) {
	t.Parallel()
	assert.Equal(t, http.StatusNotFound, setup(t).get(t, "/demo/token?user=u_1").status)
	b := setup(t, func(c *api.Config) { c.Dev = true })
	got := b.get(t, "/demo/token?user=u_1")
	require.Equal(t, http.StatusOK, got.status)
	assert.Equal(t, "no-store", got.header.Get("Cache-Control"))
	var answer struct{ Token string }
	require.NoError(t, json.Unmarshal(got.body, &answer))
	user, _, err := b.people.VerifyPlayerToken(answer.Token)
	require.NoError(t, err)
	assert.Equal(t, "u_1", user)
	for _, query := range []string{"", "?user=", "?user=" + strings.Repeat("x", 200)} {
		got := b.get(t, "/demo/token"+query)
		assert.Equal(t, http.StatusBadRequest, got.status)
		_, field := got.failure(t)
		assert.Equal(t, "user", field)
	}
}

func TestProfilesAreForAdmins(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *api.Config) { c.Profile = true })
	assert.Equal(t, http.StatusUnauthorized, b.get(t, "/debug/pprof/heap").status)
	assert.Equal(t, http.StatusForbidden, b.get(t, "/debug/pprof/heap", "Authorization", b.key(t, identity.ScopeRead)).status)
	admin := b.key(t, identity.ScopeAdmin)
	assert.Equal(t, http.StatusOK, b.get(t, "/debug/pprof/heap", "Authorization", admin).status)
	assert.Equal(t, http.StatusNotFound, b.get(t, "/debug/pprof/cmdline", "Authorization", admin).status)
}

func TestOtherDoorsAreMounted(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *api.Config) {
		c.Socket = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
		c.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("laurel_up 1\n")) })
	})
	assert.Equal(t, http.StatusTeapot, b.get(t, "/ws").status)
	assert.Contains(t, string(b.get(t, "/metrics").body), "laurel_up")
	assert.Equal(t, http.StatusOK, b.get(t, "/readyz").status)
}
