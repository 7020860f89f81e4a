package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"connectrpc.com/connect"
)

const (
	// maxBodyBytes bounds one message or body, as sent and as unpacked.
	maxBodyBytes = 4 << 20
	// maxBodyBytesAtOnce bounds all REST bodies in memory; further callers wait their turn.
	maxBodyBytesAtOnce = 64 << 20
	// defaultBodyTime is how long a caller may take to send one body. streamIdle is how long a stream may rest between messages.
	defaultBodyTime = 30 * time.Second
	streamIdle      = 2 * time.Minute
	// minCompressBytes is the size from which answers are compressed.
	minCompressBytes = 1024
)

// aLongTimeAgo as a deadline makes a read that is under way fail at once.
var aLongTimeAgo = time.Unix(1, 0)

// readBody reads a JSON body within all limits. release gives its share of memory back; call it when the body is no longer used.
func (a *API) readBody(w http.ResponseWriter, r *http.Request) (body []byte, release func(), err error) {
	packed, err := checkEncoding(r)
	if err != nil {
		return nil, nil, err
	}
	weight := int64(maxBodyBytes)
	switch {
	case r.ContentLength > maxBodyBytes:
		return nil, nil, tooLarge()
	case r.ContentLength >= 0 && !packed:
		weight = r.ContentLength
	}
	ctx, cancel := context.WithTimeout(r.Context(), a.BodyTime)
	defer cancel()
	if err := a.bodies.Acquire(ctx, weight); err != nil {
		return nil, nil, &failure{kind: kindUnavailable, message: "too many bodies are being read; send this one again later",
			retryAfter: defaultRetry}
	}
	release = func() { a.bodies.Release(weight) }
	if body, err = a.readBounded(w, r, packed); err != nil {
		release()
		return nil, nil, err
	}
	return body, release, nil
}

// checkEncoding accepts JSON, plain or gzipped. curl -d sends a form's content type unless told otherwise, and no form can
// carry an API key; so that one is taken as JSON too.
func checkEncoding(r *http.Request) (packed bool, err error) {
	contentType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	known := contentType == "application/json" || strings.HasSuffix(contentType, "+json") || contentType == "application/x-www-form-urlencoded"
	if r.Header.Get("Content-Type") != "" && (err != nil || !known) {
		return false, &failure{kind: kindUnsupported, field: "Content-Type", message: "must be application/json"}
	}
	switch strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))) {
	case "", "identity":
		return false, nil
	case "gzip", "x-gzip":
		return true, nil
	default:
		return false, &failure{kind: kindUnsupported, field: "Content-Encoding", message: "must be gzip or absent"}
	}
}

// readBounded reads and unpacks a body, and stops reading at the first byte too many.
func (a *API) readBounded(w http.ResponseWriter, r *http.Request, packed bool) ([]byte, error) {
	controller := http.NewResponseController(w)
	late := time.AfterFunc(a.BodyTime, func() { _ = controller.SetReadDeadline(aLongTimeAgo) })
	defer late.Stop()
	source := io.Reader(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	if packed {
		unpacked, err := gzip.NewReader(source)
		if err != nil {
			return nil, bodyError(err)
		}
		source = unpacked
	}
	var buffer bytes.Buffer
	if r.ContentLength > 0 && !packed {
		buffer.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	read, err := buffer.ReadFrom(io.LimitReader(source, maxBodyBytes+1))
	switch {
	case err != nil:
		return nil, bodyError(err)
	case read > maxBodyBytes:
		return nil, tooLarge()
	}
	return buffer.Bytes(), nil
}

// bodyError words what went wrong while a body was read.
func bodyError(err error) error {
	var oversized *http.MaxBytesError
	switch {
	case errors.As(err, &oversized):
		return tooLarge()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &failure{kind: kindTimeout, message: "the body did not arrive in time; send it in one go"}
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum):
		return &failure{kind: kindInvalid, field: "Content-Encoding", message: "says gzip, but the body is not gzip data"}
	default:
		return &failure{kind: kindInvalid, message: "the body ended too early or is not what its headers say"}
	}
}

// timed ends RPC bodies that do not move: a read that waits longer than allowed fails. A unary message must arrive within
// BodyTime as a whole; a stream may rest for streamIdle between messages.
func (a *API) timed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit, rolling := a.BodyTime, false
		if strings.HasSuffix(r.URL.Path, "Stream") || strings.HasSuffix(r.URL.Path, "ServerReflectionInfo") {
			limit, rolling = streamIdle, true
		}
		controller := http.NewResponseController(w)
		body := &timedBody{ReadCloser: r.Body, ctx: r.Context(), limit: limit, rolling: rolling}
		body.late = time.AfterFunc(limit, func() { _ = controller.SetReadDeadline(aLongTimeAgo) })
		defer body.late.Stop()
		r.Body = body
		next.ServeHTTP(w, r)
	})
}

type timedBody struct {
	io.ReadCloser
	ctx     context.Context
	limit   time.Duration
	rolling bool
	late    *time.Timer
	once    sync.Once
	// overdue tells that the caller took too long.
	overdue atomic.Bool
}

// Read implements io.Reader. The clock stops at the end of the body: what comes after is the handler's time, not the caller's.
func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch {
	case err != nil:
		b.once.Do(func() { b.late.Stop() })
	case b.rolling && n > 0:
		b.late.Reset(b.limit)
	}
	late := errors.Is(err, os.ErrDeadlineExceeded)
	if late {
		b.overdue.Store(true)
	}
	if err == nil || errors.Is(err, io.EOF) || (b.ctx.Err() != nil && !late) { // who went away needs no words
		return n, err
	}
	return n, b.worded(err)
}

// worded tells the caller what was wrong with his body. The RPC library would call it unknown or internal, and quote what the operating
// system says of the connection.
func (b *timedBody) worded(err error) error {
	said := judge(bodyError(err))
	if said.kind == kindTimeout && b.rolling {
		said.message = "nothing came for " + b.limit.String() + "; open the stream anew when there is something to send"
	}
	return connect.NewError(codes[said.kind].rpc, said)
}
