package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"google.golang.org/protobuf/proto"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/api"
	"github.com/laurelhq/laurel/server/archive"
	"github.com/laurelhq/laurel/server/client"
	"github.com/laurelhq/laurel/server/event"
	"github.com/laurelhq/laurel/server/ingest"
	"github.com/laurelhq/laurel/server/mapping"
)

const (
	// maxIngestBytes bounds the events of one call: the server takes 4 MiB.
	maxIngestBytes = 2 << 20
	// maxIngestUnits bounds what is held between two calls, for files of which most rows are refused.
	maxIngestUnits = 50_000
)

// remote is a running server and the key it knows us by.
type remote struct {
	URL string `help:"Where the server is." env:"LAUREL_URL" default:"http://127.0.0.1:8080"`
	Key string `help:"API key with the scope ingest." env:"LAUREL_API_KEY" placeholder:"KEY"`
}

// server is the one the flags name.
func (r remote) server() (client.Server, error) {
	at, err := client.At(r.URL, r.Key)
	if err != nil {
		return client.Server{}, fmt.Errorf("--%w", err)
	}
	return at, nil
}

// ingestCmd is the verb ingest.
type ingestCmd struct {
	remote
	File     string        `arg:"" type:"existingfile" help:"JSONL with one event a line, CSV with --mapping, or a file of an archive of the journal (.pb.gz)."`
	Mapping  string        `type:"existingfile" placeholder:"FILE.yaml" help:"How the rows of a CSV become events; see rules/mappings."`
	Source   string        `placeholder:"NAME" help:"The source whose events of an archive are sent; needed when it has events of several."`
	Batch    int           `default:"500" help:"Events sent at once, 100 to 1000."`
	Report   string        `placeholder:"FILE.json" help:"Write the report to this file as well."`
	Resume   bool          `default:"true" negatable:"" help:"Go on where an interrupted run stopped."`
	Progress string        `placeholder:"FILE" help:"Where to remember how far a run came, while it is under way; beside the events as FILE.laurel-progress when not set."`
	RetryFor time.Duration `default:"5m" help:"How long one batch is tried again when the server is busy or away."`
	History  bool          `help:"The events are history: they may have happened at any time from 2000-01-01 on, are known for good, and are those of a source of their own, so that an event which came in live too counts twice."`
	DryRun   bool          `help:"Read and account for everything and check what needs no server; send nothing."`
}

var errNotAllAccepted = errors.New("not everything was accepted")

// unitSource is a file read unit by unit: CSV rows by a mapping, or JSON lines.
type unitSource interface {
	Next() (mapping.Unit, error)
}

// Run reads the file, sends its events, and reports what became of each row.
func (c *ingestCmd) Run(ctx context.Context, cli *kong.Context) error {
	if c.Batch < 100 || c.Batch > ingest.MaxBatch {
		return fmt.Errorf("--batch must be 100 to %d, but is %d", ingest.MaxBatch, c.Batch)
	}
	server, err := c.remote.server()
	if err != nil {
		return err
	}
	c.URL = server.URL
	if err := checkReport(c.Report); err != nil {
		return err
	}
	file, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("open events: %w", err)
	}
	defer func() { _ = file.Close() }()
	columns, err := c.readMapping()
	if err != nil {
		return err
	}
	if err := c.checkSources(file); err != nil {
		return err
	}
	state, err := c.openState(file, columns)
	if err != nil {
		return err
	}
	send := newIngestSender(server, c.RetryFor, c.History)
	currencies := newIngestCurrencies(server, send)
	source, err := c.openUnits(ctx, file, columns, currencies, state.Position)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("measure %s: %w", c.File, err)
	}
	if err := state.probe(); err != nil {
		_, _ = fmt.Fprintf(cli.Stderr, "laurel: %s; if this run is interrupted the next one starts anew, unless --progress names a place that "+
			"can be written\n", err)
	}
	run := &ingestRun{cmd: c, columns: columns, source: source, currencies: currencies, state: state, send: send,
		progress: newIngestProgress(cli.Stderr, info.Size())}
	if c.DryRun {
		if run.check, err = event.NewRegistry(); err != nil {
			return err
		}
		run.progress.dry = true
	}
	run.send.away = func(err error) { run.progress.say(fmt.Sprintf("laurel: %s: trying again for %s", err, c.RetryFor)) }
	signal.Ignore(syscall.SIGPIPE) // that nobody reads the progress is no reason to stop; a report that can't be printed is an error
	err = run.all(ctx)
	run.progress.done()
	if err == nil {
		return c.finish(cli.Stdout, state)
	}
	if ctx.Err() != nil {
		err = fmt.Errorf("%s: stopped; %d rows are done, run the same command again to go on: %w", c.File, state.Tally.Rows, context.Canceled)
	} else {
		err = fmt.Errorf("%s: %w (%d rows are done; run the same command again to go on)", c.File, err, state.Tally.Rows)
	}
	if state.Tally.Rows == 0 {
		return err
	}
	return errors.Join(err, errors.Join(c.report(cli.Stdout, &state.Tally, true)))
}

func (c *ingestCmd) readMapping() (*mapping.Mapping, error) {
	if c.Mapping == "" {
		if strings.HasSuffix(strings.ToLower(c.File), ".csv") {
			return nil, errors.New("a CSV file needs --mapping FILE.yaml, which says how its rows become events")
		}
		return nil, nil
	}
	return readMapping(c.Mapping)
}

func readMapping(path string) (*mapping.Mapping, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read mapping: %w", err)
	}
	return mapping.Parse(path, source)
}

func (c *ingestCmd) openUnits(ctx context.Context, file io.ReadSeeker, columns *mapping.Mapping, currencies *ingestCurrencies,
	from mapping.Position) (unitSource, error) {
	switch {
	case columns != nil:
		rows, err := columns.OpenRows(file, from)
		if err != nil {
			return nil, err
		}
		if rows.Exponents = knownWithoutServer; !c.DryRun {
			rows.Exponents = currencies.exponents(ctx)
		}
		return rows, nil
	case archive.IsEvents(c.File):
		events, err := mapping.OpenArchived(file, from)
		if err != nil {
			return nil, err
		}
		events.Only = c.Source
		return events, nil
	}
	return mapping.OpenJSONLines(file, from)
}

// ingestRun is one run over a file. Batches go one after the other, so that events arrive in the order of the file.
type ingestRun struct {
	cmd     *ingestCmd
	columns *mapping.Mapping // nil for a file of JSON
	source  unitSource
	// currencies are those in whose minor units a mapping writes amounts.
	currencies *ingestCurrencies
	state      *ingestState
	send       *ingestSender
	progress   *ingestProgress
	check      *event.Registry // what a dry run checks in place of a server; nil otherwise
	waiting    []mapping.Unit
	events     []*laurelv1.Event
	bytes      int
}

func (r *ingestRun) all(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil { // much of a file may need no call
			return err
		}
		unit, err := r.source.Next()
		if errors.Is(err, io.EOF) {
			return r.flush(ctx)
		}
		if err = errors.Join(err, r.currencies.err); err != nil {
			return errors.Join(r.flush(ctx), err)
		}
		size := 0
		if unit.Event != nil {
			size = proto.Size(unit.Event)
		}
		if len(r.events) > 0 && r.bytes+size > maxIngestBytes {
			if err := r.flush(ctx); err != nil {
				return err
			}
		}
		r.waiting = append(r.waiting, unit)
		if unit.Event != nil {
			r.events = append(r.events, unit.Event)
			r.bytes += size
		}
		if len(r.events) == r.cmd.Batch || len(r.waiting) == maxIngestUnits {
			if err := r.flush(ctx); err != nil {
				return err
			}
		}
	}
}

// inFile gives a field of an event that the server refused, and the reason, the name that the file has for it; the server knows those of
// the contract.
func (r *ingestRun) inFile(unit mapping.Unit, field, reason string) (name, why string) {
	if field, reason = api.FieldAsSent(unit.Sent, field, reason); r.columns == nil {
		return field, reason
	}
	return r.columns.InFile(field, reason)
}

// flush sends what is waiting, accounts for it and remembers the place behind it.
func (r *ingestRun) flush(ctx context.Context) error {
	if len(r.waiting) == 0 {
		return nil
	}
	var results []*laurelv1.EventResult
	switch {
	case r.check != nil:
		results = checked(r.check, r.events)
	case len(r.events) > 0:
		var err error
		if results, err = r.send.batch(ctx, r.events); err != nil {
			return err
		}
	}
	next := 0
	for _, unit := range r.waiting {
		status, field, reason := laurelv1.EventStatus_EVENT_STATUS_ACCEPTED, "", ""
		if unit.Event != nil {
			if results != nil {
				status = results[next].GetStatus()
				field, reason = r.inFile(unit, results[next].GetField(), results[next].GetReason())
			}
			next++
		}
		r.state.Tally.Add(unit, status, field, reason)
	}
	r.state.Position = r.waiting[len(r.waiting)-1].End
	r.waiting, r.events, r.bytes = r.waiting[:0], r.events[:0], 0
	r.progress.at(r.state.Position.Offset, r.state.Tally.Events)
	return r.state.save()
}
