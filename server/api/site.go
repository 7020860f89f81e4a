package api

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/zeebo/xxh3"
)

const (
	indexPage = "index.html"
	demoPage  = "demo.html"

	// contentPolicy lets pages load only what the server itself serves. Styles may stand in the page, since the component kit
	// sets sizes and colours that way; scripts may not.
	contentPolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; object-src 'none'; " +
		"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

	cacheForever  = "public, max-age=31536000, immutable"
	cacheCheck    = "no-cache"
	cacheWidget   = "public, max-age=60, stale-while-revalidate=600"
	notBuiltNotes = "This binary was built without its pages. Run make build, then start it again.\n"
)

// types are those of the files a build makes; the machine's own table is not asked, since it differs from machine to machine.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".json": "application/json", ".map": "application/json", ".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon",
	".woff2": "font/woff2",
	".txt":   "text/plain; charset=utf-8", ".webp": "image/webp", ".wasm": "application/wasm",
}

// asset is one built file.
type asset struct {
	kind  string
	etag  string
	plain []byte
	// packed is the file as the build compressed it; nil when that made it no smaller.
	packed []byte
}

// packedEnd stands behind the name of a file that a build compressed.
const packedEnd = ".gz"

// site is a folder of built files.
type site map[string]*asset

// readSite takes in the files of a build. A folder that is missing or empty gives an empty site.
func readSite(folder fs.FS) (site, error) {
	files := site{}
	if folder == nil {
		return files, nil
	}
	err := fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		content, err := fs.ReadFile(folder, name)
		if err != nil {
			return err
		}
		files[name] = newAsset(name, content)
		return nil
	})
	for name, file := range files {
		if whole, isPacked := strings.CutSuffix(name, packedEnd); isPacked && files[whole] != nil {
			files[whole].packed = file.plain
			delete(files, name)
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read built pages: %w", err)
	}
	return files, nil
}

func newAsset(name string, content []byte) *asset {
	kind, known := types[path.Ext(name)]
	if !known {
		kind = "application/octet-stream"
	}
	return &asset{kind: kind, etag: fmt.Sprintf(`"%016x"`, xxh3.Hash(content)), plain: content}
}

// serve answers with the file or a part of it, or 304 when the caller has it.
func (a *asset) serve(w http.ResponseWriter, r *http.Request, cache string) {
	header, packed := w.Header(), []byte(nil)
	header.Set("Cache-Control", cache)
	header.Set("Vary", "Accept-Encoding")
	header.Set("ETag", a.etag)
	header.Set("Content-Type", a.kind)
	if a.packed != nil && acceptsGzip(r) {
		packed = a.packed
		header.Set("ETag", "W/"+a.etag)
	}
	serveContent(w, r, a.plain, packed)
}

// serveContent answers with a body, or with the packed one unless that is nil; with nothing when the caller has what the tag in the header
// says.
func serveContent(w http.ResponseWriter, r *http.Request, body, packed []byte) {
	if packed != nil {
		body = packed
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Length", strconv.Itoa(len(body))) // ServeContent leaves that of an encoded body to its caller
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// acceptsGzip reads Accept-Encoding; gzip;q=0 is a refusal.
func acceptsGzip(r *http.Request) bool {
	for choice := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(choice), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			weight, err := strconv.ParseFloat(strings.TrimPrefix(strings.ReplaceAll(quality, " ", ""), "q="), 64)
			return quality == "" || (err == nil && weight > 0)
		}
	}
	return false
}

// mountSite mounts the studio, the widget and the demo page.
func (a *API) mountSite(mux *http.ServeMux) error {
	studio, err := readSite(a.Studio)
	if err != nil {
		return err
	}
	widget, err := readSite(a.Widget)
	if err != nil {
		return err
	}
	demo, err := readSite(a.Demo)
	if err != nil {
		return err
	}
	mux.Handle("/widget/", openToOtherSites(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		file := widget[strings.TrimPrefix(r.URL.Path, "/widget/")]
		if file == nil || !reads(r) {
			writeFailure(w, &failure{kind: kindNotFound, message: "the widget has no such file"})
			return
		}
		file.serve(w, r, cacheWidget)
	})))
	mux.HandleFunc("/demo", func(w http.ResponseWriter, r *http.Request) { servePage(w, r, demo[demoPage]) })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		switch file := studio[name]; {
		case file != nil && name != indexPage && reads(r):
			cache := cacheCheck
			if strings.HasPrefix(name, "assets/") { // their names change with their content
				cache = cacheForever
			}
			file.serve(w, r, cache)
		case reads(r) && !rooms.MatchString(r.URL.Path) && navigates(r) && studio[indexPage] != nil:
			studio[indexPage].serveMissing(w)
		case !reads(r), !rooms.MatchString(r.URL.Path):
			writeFailure(w, &failure{kind: kindNotFound, message: "there is nothing at this path"})
		default:
			servePage(w, r, studio[indexPage])
		}
	})
	return nil
}

// rooms are the paths of the studio, which all start from the same page. They are those of its route files; nothing else is a page.
var rooms = regexp.MustCompile(`^/(index\.html|signin|contests(/new|/[^/]+(/board|/edit)?)?|events(/dead-letters|/conflicts)?)?/?$`)

// navigates reports whether a person's browser asks for a page, rather than a page for a part of itself or a program for an answer.
func navigates(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

// serveMissing answers 404 with the page itself, which says in the reader's language that there is nothing at this address, and leads on.
func (a *asset) serveMissing(w http.ResponseWriter) {
	header := w.Header()
	header.Set("Content-Type", a.kind)
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write(a.plain)
}

func servePage(w http.ResponseWriter, r *http.Request, page *asset) {
	if page == nil {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(notBuiltNotes))
		return
	}
	page.serve(w, r, cacheCheck)
}

func reads(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// hardened sets the headers that keep browsers from guessing, framing and telling.
func hardened(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", contentPolicy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Frame-Options", "DENY")
		header.Set("Referrer-Policy", "same-origin")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
		next.ServeHTTP(w, r)
	})
}
