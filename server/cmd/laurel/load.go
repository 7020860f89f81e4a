package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/alecthomas/kong"

	"github.com/laurelhq/laurel/server/load"
)

// loadCmd is the verb load.
type loadCmd struct {
	URL      []string      `help:"Where the server is. Several, between commas, are processes of one installation: each gets events and sockets in turn." env:"LAUREL_URL" default:"http://127.0.0.1:8080"`
	Key      string        `help:"API key with the scope ingest." env:"LAUREL_API_KEY" placeholder:"KEY"`
	Rate     int           `default:"2000" help:"Events a second, 0 to 1000000; 0 means as fast as possible."`
	Duration time.Duration `default:"60s" help:"How long events are sent, 1s to 24h."`
	Batch    int           `default:"100" help:"Events sent at once, 1 to 1000."`
	Workers  int           `default:"4" help:"Connections that send at the same time, 1 to 256."`
	Players  int           `default:"100000" help:"Players who play, 1 to 10000000."`
	Sockets  int           `default:"1000" help:"Sockets that watch the board, 0 to 20000; 0 means that nothing is pushed or measured there."`
	Probes   int           `default:"10" help:"Events a second whose way to the sockets is measured, 1 to 100."`
	Contest  string        `default:"load_best_20" help:"Id of the contest; it is published under this id unless --no-publish is given."`
	Publish  bool          `default:"true" negatable:"" help:"Publish the contest first; needs a key with the scope admin."`
	Report   string        `placeholder:"FILE.json" help:"Write the report to this file as well."`
}

// Run puts the server under load and prints what it did.
func (c *loadCmd) Run(ctx context.Context, cli *kong.Context) error {
	return c.run(ctx, wall, cli.Stdout, cli.Stderr)
}

func (c *loadCmd) run(ctx context.Context, now func() time.Time, out, log io.Writer) error {
	settings := load.Settings{
		URL: c.URL, Key: c.Key, Rate: c.Rate, Duration: c.Duration, Batch: c.Batch, Workers: c.Workers, Players: c.Players, Sockets: c.Sockets,
		Probes: c.Probes, Contest: c.Contest, Publish: c.Publish,
	}
	if err := settings.Check(); err != nil {
		return fmt.Errorf("--%w", err)
	}
	if err := checkReport(c.Report); err != nil {
		return err
	}
	if err := allowFiles(settings.Files()); err != nil {
		return fmt.Errorf("--sockets %d: %w", c.Sockets, err)
	}
	report, err := load.Run(ctx, settings, now, log)
	if err != nil {
		return err
	}
	return c.print(out, report)
}

func (c *loadCmd) print(out io.Writer, report load.Report) error {
	if _, err := io.WriteString(out, report.String()); err != nil {
		return fmt.Errorf("print report: %w", err)
	}
	if c.Report != "" {
		return writeReport(c.Report, report)
	}
	return nil
}
