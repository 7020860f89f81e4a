package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/types/known/durationpb"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/gen/laurel/v1/laurelv1connect"
	"github.com/laurelhq/laurel/server/event"
)

// receiver takes events over real HTTP and remembers them, with the same answers as a server; trouble makes a call fail.
type receiver struct {
	laurelv1connect.UnimplementedIngestServiceHandler
	registry *event.Registry
	trouble  func(call int) error

	mu      sync.Mutex
	calls   int
	history int // events that came as history
	biggest int
	ids     []string
	seen    map[string][16]byte
}

// got is how many calls have come so far, and how many events they brought.
func (r *receiver) got() (calls, events int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls, len(r.ids)
}

func (r *receiver) Ingest(_ context.Context, request *laurelv1.IngestRequest) (*laurelv1.IngestResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	if r.trouble != nil {
		if err := r.trouble(r.calls); err != nil {
			return nil, err
		}
	}
	if request.GetHistory() {
		r.history += len(request.Events)
	}
	r.biggest = max(r.biggest, len(request.Events))
	response := &laurelv1.IngestResponse{}
	for i, e := range request.Events {
		result := &laurelv1.EventResult{Index: int32(i), EventId: e.EventId, Status: laurelv1.EventStatus_EVENT_STATUS_ACCEPTED}
		problem := r.registry.Normalise(e, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), 0)
		hash, repeated := r.seen[e.EventId]
		switch {
		case problem != nil:
			result.Status, result.Field, result.Reason = laurelv1.EventStatus_EVENT_STATUS_REJECTED, problem.Field, problem.Message
			response.Rejected++
		case repeated && hash == event.ContentHash(e):
			result.Status = laurelv1.EventStatus_EVENT_STATUS_DUPLICATE
			response.Duplicates++
		default:
			r.seen[e.EventId] = event.ContentHash(e)
			r.ids = append(r.ids, e.EventId)
			response.Accepted++
		}
		response.Results = append(response.Results, result)
	}
	if int(response.Accepted) == len(request.Events) {
		response.Results = nil
	}
	return response, nil
}

// receive starts a receiver that wants the key k.
func receive(t *testing.T, trouble func(call int) error) (*receiver, string) {
	t.Helper()
	registry, err := event.NewRegistry()
	require.NoError(t, err)
	r := &receiver{registry: registry, trouble: trouble, seen: map[string][16]byte{}}
	path, handler := laurelv1connect.NewIngestServiceHandler(r)
	mux := http.NewServeMux()
	mux.Handle("/rpc"+path, http.StripPrefix("/rpc", http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if request.Header.Get("Authorization") != "Bearer k" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		handler.ServeHTTP(w, request)
	})))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return r, server.URL
}

// runIngest runs the verb as the command line would.
func runIngest(ctx context.Context, t *testing.T, args ...string) (printed string, err error) {
	t.Helper()
	var cli struct {
		Ingest ingestCmd `cmd:""`
	}
	var out bytes.Buffer
	parser, err := kong.New(&cli, kong.BindTo(ctx, (*context.Context)(nil)), kong.Writers(&out, &out))
	require.NoError(t, err)
	call, err := parser.Parse(append([]string{"ingest", "--key=k"}, args...))
	require.NoError(t, err)
	err = call.Run()
	return out.String(), err
}

func copyOf(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "..", "rules", "online-retail", name))
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return path
}

func report(t *testing.T, path string) ingestReport {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	var r ingestReport
	require.NoError(t, json.Unmarshal(content, &r))
	return r
}

func TestIngestSendsAFileOnce(t *testing.T) {
	t.Parallel()
	server, url := receive(t, nil)
	sample, mapping, into := copyOf(t, "sample.csv"), copyOf(t, "mapping.yaml"), filepath.Join(t.TempDir(), "report.json")
	printed, err := runIngest(t.Context(), t, "--url="+url, "--mapping="+mapping, "--report="+into, sample)
	require.NoError(t, err)
	require.Contains(t, printed, "161 rows read")
	require.Contains(t, printed, "100 %  34 accepted")
	require.Len(t, server.ids, 34)
	first := report(t, into)
	require.Equal(t, int64(34), first.Events.Accepted)
	require.Equal(t, int64(22), first.RowsOf.Refused)
	require.Equal(t, int64(10), first.RefusedByReason["no customer"])
	require.NoFileExists(t, sample+".laurel-progress")

	_, err = runIngest(t.Context(), t, "--url="+url, "--mapping="+mapping, "--report="+into, sample)
	require.NoError(t, err)
	require.Equal(t, int64(34), report(t, into).Events.Duplicates)
	require.Len(t, server.ids, 34)
}

func TestIngestDryRunSendsNothing(t *testing.T) {
	t.Parallel()
	server, url := receive(t, nil)
	printed, err := runIngest(t.Context(), t, "--url="+url, "--dry-run", "--mapping="+copyOf(t, "mapping.yaml"), copyOf(t, "sample.csv"))
	require.NoError(t, err)
	require.Contains(t, printed, "Dry run: nothing was sent")
	require.Contains(t, printed, "161 rows read")
	require.Contains(t, printed, "34 events could be read")
	require.Zero(t, server.calls)

	file := filepath.Join(t.TempDir(), "events.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(`{"event_id":"a","name":"login","ts":"2025-10-25T18:00Z","user_id":"u"}
{"event_id":"b","name":"logn","ts":"2025-10-25T18:00Z","user_id":"u"}
{"event_id":"c","name":"login","ts":"1999-12-31T23:59Z","user_id":"u"}
{"event_id":"d","name":"login","ts":"2025-10-25T18:00Z","user_id":"u","bet":{"amount_minor":1,"currency":"GEMS"}}
`), 0o600))
	printed, err = runIngest(t.Context(), t, "--url="+url, "--dry-run", file)
	require.ErrorIs(t, err, errNotAllAccepted)
	require.Contains(t, printed, "2 events could be read")
	require.Contains(t, printed, "2 events would be rejected")
	require.Contains(t, printed, "near: login")
	require.Contains(t, printed, "line 3: c ts must not be before 2000")
	require.NotContains(t, printed, "accepted, of")
	require.Zero(t, server.calls)
}

// TestIngestCountsAllThatIsRejected has more rejected events than are told one by one.
func TestIngestCountsAllThatIsRejected(t *testing.T) {
	t.Parallel()
	_, url := receive(t, nil)
	file, into := jsonlOf(t, 1400), filepath.Join(t.TempDir(), "report.json")
	good, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, bytes.ReplaceAll(good, []byte("login"), []byte("logn")), 0o600))
	printed, err := runIngest(t.Context(), t, "--url="+url, file)
	require.ErrorIs(t, err, errNotAllAccepted)
	require.Contains(t, printed, "and 1390 more; --report FILE.json writes the first 1000 of them to a file")
	printed, err = runIngest(t.Context(), t, "--url="+url, "--report="+into, file)
	require.ErrorIs(t, err, errNotAllAccepted)
	require.Contains(t, printed, "and 1390 more; "+into+" has the first 1000 of them")
	require.Len(t, report(t, into).Rejections, 1000)
	require.EqualValues(t, 400, report(t, into).RejectionsLeftOut)
}

func jsonlOf(t *testing.T, count int) string {
	t.Helper()
	var text strings.Builder
	for i := range count {
		fmt.Fprintf(&text, `{"event_id":"e%d","name":"login","ts":"2025-10-25T18:00Z","user_id":"u"}`+"\n", i)
	}
	path := filepath.Join(t.TempDir(), "events.jsonl")
	require.NoError(t, os.WriteFile(path, []byte(text.String()), 0o600))
	return path
}

// busy is what a server says that wants to be asked again at once.
func busy(t *testing.T) error {
	t.Helper()
	err := connect.NewError(connect.CodeResourceExhausted, errors.New("scoring lags"))
	detail, detailErr := connect.NewErrorDetail(&errdetails.RetryInfo{RetryDelay: durationpb.New(time.Millisecond)})
	require.NoError(t, detailErr)
	err.AddDetail(detail)
	return err
}

func TestIngestTriesAgainWhenTheServerIsBusy(t *testing.T) {
	t.Parallel()
	server, url := receive(t, func(call int) error {
		if call%3 != 0 {
			return busy(t)
		}
		return nil
	})
	_, err := runIngest(t.Context(), t, "--url="+url, "--batch=100", jsonlOf(t, 1050))
	require.NoError(t, err)
	require.Len(t, server.ids, 1050)
	require.Equal(t, 33, server.calls)
	require.Equal(t, 100, server.biggest)
}

func TestIngestGivesUpInTheEnd(t *testing.T) {
	t.Parallel()
	server, url := receive(t, func(int) error { return busy(t) })
	file := jsonlOf(t, 10)
	_, err := runIngest(t.Context(), t, "--url="+url, "--retry-for=5ms", file)
	require.ErrorContains(t, err, "scoring lags")
	require.ErrorContains(t, err, "0 rows are done")
	require.Greater(t, server.calls, 4)
	_, err = runIngest(t.Context(), t, "--url="+url, "--key=wrong", file)
	require.ErrorContains(t, err, "unauthenticated")
}

func TestIngestGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	down := true
	server, url := receive(t, func(call int) error {
		if down && call > 3 {
			return connect.NewError(connect.CodeInternal, errors.New("broke"))
		}
		return nil
	})
	file, into := jsonlOf(t, 1050), filepath.Join(t.TempDir(), "report.json")
	_, err := runIngest(t.Context(), t, "--url="+url, "--batch=100", file)
	require.ErrorContains(t, err, "300 rows are done")
	require.FileExists(t, file+".laurel-progress")

	_, err = runIngest(t.Context(), t, "--url="+strings.Replace(url, "127.0.0.1", "localhost", 1), "--batch=100", file)
	require.ErrorContains(t, err, "another file, mapping or server")

	down = false
	_, err = runIngest(t.Context(), t, "--url="+url, "--batch=100", "--report="+into, file)
	require.NoError(t, err)
	require.Equal(t, int64(1050), report(t, into).Events.Accepted, "the report covers both runs")
	require.Zero(t, report(t, into).Events.Duplicates, "nothing was sent twice")
	require.Len(t, server.ids, 1050)
	require.Equal(t, "e300", server.ids[300])
	require.NoFileExists(t, file+".laurel-progress")
}

func TestIngestWorksWhereNothingCanBeWritten(t *testing.T) {
	t.Parallel()
	server, url := receive(t, nil)
	printed, err := runIngest(t.Context(), t, "--url="+url, "--progress=/proc/nothing/here", jsonlOf(t, 10))
	require.NoError(t, err)
	require.Len(t, server.ids, 10)
	require.Contains(t, printed, "--progress")
	elsewhere := filepath.Join(t.TempDir(), "progress")
	require.NoError(t, os.WriteFile(elsewhere, []byte("{"), 0o600))
	_, err = runIngest(t.Context(), t, "--url="+url, "--progress="+elsewhere, jsonlOf(t, 10))
	require.ErrorContains(t, err, "--no-resume")
	_, err = runIngest(t.Context(), t, "--url="+url, "--no-resume", "--progress="+elsewhere, jsonlOf(t, 10))
	require.NoError(t, err)
	require.NoFileExists(t, elsewhere)
}

func TestIngestStopsWhenToldTo(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	server, url := receive(t, func(call int) error {
		if call == 2 {
			cancel()
			return busy(t)
		}
		return nil
	})
	file := jsonlOf(t, 500)
	_, err := runIngest(ctx, t, "--url="+url, "--batch=100", file)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "stopped; 100 rows are done, run the same command again to go on")
	require.Len(t, server.ids, 100)
	_, err = runIngest(t.Context(), t, "--url="+url, "--batch=100", file)
	require.NoError(t, err)
	require.Len(t, server.ids, 500)
}

func TestIngestReportsWhatIsRejected(t *testing.T) {
	t.Parallel()
	server, url := receive(t, nil)
	file, into := filepath.Join(t.TempDir(), "events.jsonl"), filepath.Join(t.TempDir(), "report.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"event_id":"a","name":"login","ts":"2025-10-25T18:00Z","user_id":"u"}
{"event_id":"b","name":"logn","ts":"2025-10-25T18:00Z","user_id":"u"}
{"event_id":"c","event_id":"c"}
not json
{"event_id":"d","event_name":"login","event_ts":"2025-10-25T18:00Z","user":{"id":"u"}}
`), 0o600))
	printed, err := runIngest(t.Context(), t, "--url="+url, "--report="+into, file)
	require.ErrorIs(t, err, errNotAllAccepted)
	require.Equal(t, []string{"a", "d"}, server.ids)
	r := report(t, into)
	require.Equal(t, int64(3), r.Events.Rejected)
	require.Len(t, r.Rejections, 3)
	require.Equal(t, "name", r.Rejections[0].Field)
	require.Equal(t, int64(2), r.Rejections[0].FirstLine)
	require.Equal(t, "event_id", r.Rejections[1].Field)
	require.Contains(t, printed, "near: login")
}

// TestIngestNamesFieldsAsTheFileDoes has events refused by the reader and by the server, from JSON with either name of a field and from
// columns with names of their own.
func TestIngestNamesFieldsAsTheFileDoes(t *testing.T) {
	t.Parallel()
	_, url := receive(t, nil)
	folder := t.TempDir()
	lines, rows, columns := filepath.Join(folder, "events.jsonl"), filepath.Join(folder, "rows.csv"), filepath.Join(folder, "columns.yaml")
	require.NoError(t, os.WriteFile(lines, []byte(`{"event_id":"a","event_name":"logn","ts":"2025-10-25T18:00Z","user_id":"u"}
{"event_id":"b","name":"logn","ts":"2025-10-25T18:00Z","user_id":"u"}
{"event_id":"c","name":"login","ts":"2025-10-25T18:00Z"}
{"event_id":"d","name":"login","ts":"2025-10-25T18:00Z","user":{"id":""}}
{"event_id":"e","name":"login","ts":"yesterday","user_id":"u"}
`), 0o600))
	require.NoError(t, os.WriteFile(rows,
		[]byte("Number,What,When,Who\nf,login,2025-10-25T18:00Z,\ng,logn,2025-10-25T18:00Z,u\nh,login,yesterday,u\n"), 0o600))
	require.NoError(t, os.WriteFile(columns, []byte("kind: Mapping\nevent:\n  event_id: {column: Number}\n  event_name: {cel: row.What}\n  "+
		"ts: {column: When}\n  user_id: {column: Who}\n  market: {const: DE}\n"), 0o600))
	for file, want := range map[string]struct {
		args   []string
		fields []string
		says   string
	}{
		lines: {nil, []string{"event_name", "name", "user_id", "user.id", "ts"}, "line 3: c user_id is required: "},
		rows:  {[]string{"--mapping=" + columns}, []string{"Who", "What", "When"}, "line 2: f Who becomes user_id, which is required: "},
	} {
		into := filepath.Join(folder, filepath.Base(file)+".json")
		printed, err := runIngest(t.Context(), t, append(want.args, "--url="+url, "--report="+into, file)...)
		require.ErrorIs(t, err, errNotAllAccepted)
		var fields []string
		for _, rejection := range report(t, into).Rejections {
			fields = append(fields, rejection.Field)
		}
		require.Equal(t, want.fields, fields)
		require.Contains(t, printed, want.says)
	}
}

func TestIngestSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := runIngest(t.Context(), t, copyOf(t, "sample.csv"))
	require.ErrorContains(t, err, "--mapping")
	_, err = runIngest(t.Context(), t, "--batch=5", copyOf(t, "sample.csv"))
	require.ErrorContains(t, err, "100 to 1000")
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	require.NoError(t, os.WriteFile(bad, []byte("kind: Mapping\ncolour: red\n"), 0o600))
	_, err = runIngest(t.Context(), t, "--mapping="+bad, copyOf(t, "sample.csv"))
	require.ErrorContains(t, err, "bad.yaml:2:1: colour: is not a field here")
}

// TestIngestNoticesAChangedFile stops a run in the middle and changes the file: what was sent already is known by its content, not by its
// name.
func TestIngestNoticesAChangedFile(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile(jsonlOf(t, 1050))
	require.NoError(t, err)
	for name, change := range map[string]func() ([]byte, string){
		"a row before the stop": func() ([]byte, string) {
			return bytes.Replace(whole, []byte(`"e290"`), []byte(`"E290"`), 1), "--no-resume"
		},
		"cut short":        func() ([]byte, string) { return whole[:len(whole)/10], "--no-resume" },
		"rows at the end":  func() ([]byte, string) { return append(bytes.Clone(whole), '\n'), "" },
		"nothing was sent": func() ([]byte, string) { return bytes.Replace(whole, []byte(`"e0"`), []byte(`"E0"`), 1), "" },
	} {
		down := true
		_, url := receive(t, func(call int) error {
			if down && (call > 3 || name == "nothing was sent") {
				return connect.NewError(connect.CodeInternal, errors.New("broke"))
			}
			return nil
		})
		file := filepath.Join(t.TempDir(), "events.jsonl")
		require.NoError(t, os.WriteFile(file, whole, 0o600))
		_, err := runIngest(t.Context(), t, "--url="+url, "--batch=100", file)
		require.ErrorContains(t, err, "broke", name)
		down = false
		changed, want := change()
		require.NoError(t, os.WriteFile(file, changed, 0o600))
		_, err = runIngest(t.Context(), t, "--url="+url, "--batch=100", file)
		if want == "" {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorContains(t, err, want, name)
	}
}

func TestIngestDoesNotWaitForAnAddressThatIsNone(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"127.0.0.1:8080", "localhost:8080", "ftp://laurel.example", "http://", ""} {
		_, err := runIngest(t.Context(), t, "--url="+url, jsonlOf(t, 1))
		require.ErrorContains(t, err, "--url must be like http://127.0.0.1:8080", url)
	}
	_, url := receive(t, nil)
	_, err := runIngest(t.Context(), t, "--url="+url+"/elsewhere", jsonlOf(t, 1))
	require.ErrorContains(t, err, "check --url")
	printed, err := runIngest(t.Context(), t, "--url=http://127.0.0.1:1", "--retry-for=1ms", jsonlOf(t, 1))
	require.Error(t, err)
	require.Contains(t, printed, "trying again for 1ms")
}
