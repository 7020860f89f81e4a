package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/gen/laurel/v1/laurelv1connect"
	"github.com/laurelhq/laurel/server/event"
)

// interrupting is a receiver that has the sender stopped in the middle of a call: what the call brought is stored, and nobody is told.
type interrupting struct {
	receiver
	at   int
	stop func()
}

func (i *interrupting) Ingest(ctx context.Context, request *laurelv1.IngestRequest) (*laurelv1.IngestResponse, error) {
	response, err := i.receiver.Ingest(ctx, request)
	i.mu.Lock()
	now := i.calls == i.at
	i.mu.Unlock()
	if now {
		i.stop()
		<-ctx.Done()
	}
	return response, err
}

// interrupt starts a server that stops its sender in a call.
func interrupt(t *testing.T, at int, stop func()) (*interrupting, string) {
	t.Helper()
	registry, err := event.NewRegistry()
	require.NoError(t, err)
	i := &interrupting{receiver: receiver{registry: registry, seen: map[string][16]byte{}}, at: at, stop: stop}
	path, handler := laurelv1connect.NewIngestServiceHandler(i)
	mux := http.NewServeMux()
	mux.Handle("/rpc"+path, http.StripPrefix("/rpc", handler))
	front := httptest.NewServer(mux)
	t.Cleanup(front.Close)
	return i, front.URL
}

// ingesting is the verb as a process of its own.
func ingesting(t *testing.T, args ...string) (verb *exec.Cmd, out, said *bytes.Buffer) {
	t.Helper()
	path := program(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	verb, out, said = exec.CommandContext(ctx, path, append([]string{"ingest", "--key=k", "--batch=100"}, args...)...), &bytes.Buffer{},
		&bytes.Buffer{}
	verb.Env, verb.Dir, verb.Stdout, verb.Stderr = environment(), t.TempDir(), out, said
	endWithParent(verb)
	return verb, out, said
}

// codeOf is the exit code with which a verb ended; -1 when a signal ended it.
func codeOf(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	if err == nil {
		return 0
	}
	require.ErrorAs(t, err, &exit)
	return exit.ExitCode()
}

// TestIngestThatIsSignalledTellsWhatIsDone stops the verb in the middle of a call: all that it reports as accepted is stored, the report
// accounts for each row up to there, and run again it counts each event once, those of the broken call as duplicates.
func TestIngestThatIsSignalledTellsWhatIsDone(t *testing.T) {
	t.Parallel()
	for _, sent := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(sent.String(), func(t *testing.T) {
			t.Parallel()
			var process atomic.Pointer[os.Process]
			server, url := interrupt(t, 4, func() {
				if running := process.Load(); running != nil {
					_ = running.Signal(sent)
				}
			})
			file, into := jsonlOf(t, 1050), filepath.Join(t.TempDir(), "report.json")
			verb, out, said := ingesting(t, "--url="+url, "--report="+into, file)
			server.mu.Lock() // no call is answered before the process is known
			require.NoError(t, verb.Start())
			process.Store(verb.Process)
			server.mu.Unlock()
			require.Equal(t, exitStopped, codeOf(t, verb.Wait()), said)
			require.Contains(t, said.String(), "stopped; 300 rows are done, run the same command again to go on")
			require.Contains(t, out.String(), "The run ended before the file did; up to there:\n       300 rows read\n       300 events accepted")
			r := report(t, into)
			require.True(t, r.Unfinished)
			require.NoError(t, r.Balance())
			require.Equal(t, int64(300), r.Events.Accepted)
			server.mu.Lock()
			defer server.mu.Unlock()
			require.Len(t, server.ids, 400)
			for i := range 300 {
				require.Contains(t, server.seen, fmt.Sprintf("e%d", i))
			}
			server.mu.Unlock()

			again, _, said := ingesting(t, "--url="+url, "--report="+into, file)
			require.Equal(t, 0, codeOf(t, again.Run()), said)
			r = report(t, into)
			require.False(t, r.Unfinished)
			require.Equal(t, int64(1050), r.Rows)
			require.Equal(t, [2]int64{950, 100}, [2]int64{r.Events.Accepted, r.Events.Duplicates})
			server.mu.Lock()
			require.Len(t, server.ids, 1050, "each is there once")
			require.NoFileExists(t, file+".laurel-progress")
		})
	}
}

// TestIngestWhoseOutputNobodyReads goes on to the end. The report is in its file; without one the next run tells it and sends nothing.
func TestIngestWhoseOutputNobodyReads(t *testing.T) {
	t.Parallel()
	for _, reported := range []bool{true, false} {
		t.Run(fmt.Sprint(reported), func(t *testing.T) {
			t.Parallel()
			server, url := receive(t, nil)
			file, into := jsonlOf(t, 1050), filepath.Join(t.TempDir(), "report.json")
			args := []string{"--url=" + url, file}
			if reported {
				args = append(args, "--report="+into)
			}
			verb, _, _ := ingesting(t, args...)
			reader, writer, err := os.Pipe()
			require.NoError(t, err)
			require.NoError(t, reader.Close())
			verb.Stdout, verb.Stderr = writer, writer
			verb.WaitDelay = time.Minute
			require.NoError(t, verb.Start())
			require.NoError(t, writer.Close())
			require.Equal(t, 1, codeOf(t, verb.Wait()))
			calls, ids := server.got()
			require.Equal(t, 1050, ids)
			if reported {
				require.Equal(t, int64(1050), report(t, into).Events.Accepted)
				require.NoFileExists(t, file+".laurel-progress")
				return
			}
			again, out, said := ingesting(t, args...)
			require.Equal(t, 0, codeOf(t, again.Run()), said)
			require.Contains(t, out.String(), "1050 events accepted")
			callsNow, _ := server.got()
			require.Equal(t, calls, callsNow)
			require.NoFileExists(t, file+".laurel-progress")
		})
	}
}

// brokenWriter takes nothing.
type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("nobody reads") }

// TestAReportThatCanNotBePrintedIsAnError says so beside what was not accepted.
func TestAReportThatCanNotBePrintedIsAnError(t *testing.T) {
	t.Parallel()
	c, state := &ingestCmd{Report: filepath.Join(t.TempDir(), "report.json")}, &ingestState{}
	state.Tally.Rows, state.Tally.Events.Rejected, state.Tally.RowsOf.Rejected = 1, 1, 1
	err := c.finish(brokenWriter{}, state)
	require.ErrorContains(t, err, "print report: nobody reads")
	require.ErrorIs(t, err, errNotAllAccepted)
	require.Equal(t, int64(1), report(t, c.Report).Events.Rejected)
	c.Report = ""
	require.NotErrorIs(t, c.finish(brokenWriter{}, state), errNotAllAccepted, "the next run tells it")
}
