package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set when a release is built.
var version = "dev"

type verbs struct {
	Config kong.ConfigFlag `help:"Settings file." placeholder:"laurel.yaml"`

	Serve   serveCmd   `cmd:"" help:"Run a server."`
	Dev     devCmd     `cmd:"" help:"Run a server to try things: embedded storage, demo contests, a sign-in that is printed."`
	Migrate migrateCmd `cmd:"" help:"Bring the database schema to the newest version. serve and dev do so themselves."`
	Ingest  ingestCmd  `cmd:"" help:"Send events from a JSONL or CSV file, or from an archive of the journal, to a server."`
	Load    loadCmd    `cmd:"" help:"Put a server under load and report rates and latencies."`
	Token   tokenCmd   `cmd:"" help:"Mint a player token or an API key."`
	Rules   rulesCmd   `cmd:"" help:"Work with definitions."`
	Journal journalCmd `cmd:"" help:"List, archive and drop ranges of the journal. Servers may run."`
	Verify  verifyCmd  `cmd:"" help:"Prove that derived data equals what it derives from."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // who asks a second time does not wait
	var v verbs
	parser, err := kong.New(&v,
		kong.Name("laurel"),
		kong.Description("Live contests: events in, scores, ranks and boards out.\n\nEvery flag can be set in laurel.yaml or by the "+
			"environment (LAUREL_*), which wins over the file; a flag wins over both. An empty variable counts as not set."),
		kong.Configuration(readSettings, settingsName),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		fail(errors.New(strings.TrimPrefix(err.Error(), settingsName+": "))) // errors of settings name the file themselves
	}
	if err := dropEmpty(parser.Model); err != nil {
		fail(err)
	}
	call, err := parser.Parse(os.Args[1:])
	if err != nil {
		misused(err)
	}
	for _, warning := range strayVariables(parser.Model, call.Selected(), os.Environ()) {
		fmt.Fprintln(os.Stderr, "laurel:", warning)
	}
	if err := call.Run(); err != nil {
		if errors.Is(err, context.Canceled) && ctx.Err() != nil {
			fmt.Fprintln(os.Stderr, "laurel:", strings.TrimSuffix(err.Error(), ": "+context.Canceled.Error()))
			os.Exit(exitStopped)
		}
		fail(whereSet(call, err))
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "laurel:", err)
	os.Exit(1)
}

const (
	// exitMisused is the code for a command line that can't be followed; what else goes wrong is 1.
	exitMisused = 2
	// exitStopped is the code when a signal ended a verb before it was done.
	exitStopped = 130
)

// misused says what is wrong with the command line and where help is. Who named no verb gets the list of them.
func misused(err error) {
	path := "laurel"
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil {
		err = whereSet(parse.Context, err)
		if verb := parse.Context.Selected(); verb != nil {
			path = verb.FullPath()
		} else if len(parse.Context.Args) == 0 {
			_ = parse.Context.PrintUsage(false)
		}
	}
	fmt.Fprintf(os.Stderr, "laurel: %s\n%s --help says more\n", err, path)
	os.Exit(exitMisused)
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run() error {
	_, err := fmt.Println("laurel", version)
	return err
}
