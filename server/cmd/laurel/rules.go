package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/laurelhq/laurel/server/catalog"
	"github.com/laurelhq/laurel/server/rule"
)

// rulesCmd is the verb rules: what can be done with definitions without a server.
type rulesCmd struct {
	Check rulesCheckCmd `cmd:"" help:"Say what is wrong with definitions, with file, line and field."`
}

// rulesCheckCmd is rules check. It ends with an error when any definition has a problem.
type rulesCheckCmd struct {
	Path  string `arg:"" name:"path" type:"existingpath" help:"A definition (YAML), or a folder of them."`
	Quiet bool   `short:"q" help:"Print problems only."`
}

var errRulesProblems = errors.New("definitions have problems")

// Run checks and prints to the standard output of the command line.
func (c *rulesCheckCmd) Run(cli *kong.Context) error {
	found, skipped, err := c.read()
	if err != nil {
		return err
	}
	return c.report(cli.Stdout, found, skipped)
}

func (c *rulesCheckCmd) read() ([]catalog.Found, []catalog.Skipped, error) {
	info, err := os.Stat(c.Path)
	if err != nil {
		return nil, nil, fmt.Errorf("check rules: %w", err)
	}
	if info.IsDir() {
		return catalog.ReadFolder(os.DirFS(c.Path), c.Path, nil, rule.Step())
	}
	folder, err := os.OpenRoot(filepath.Dir(c.Path))
	if err != nil {
		return nil, nil, fmt.Errorf("check rules: %w", err)
	}
	defer func() { _ = folder.Close() }()
	file, err := folder.Open(filepath.Base(c.Path))
	if err != nil {
		return nil, nil, fmt.Errorf("check rules: %w", err)
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, catalog.MaxFileBytes+1))
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("check rules: %w", err)
	case len(text) > catalog.MaxFileBytes:
		return nil, nil, fmt.Errorf("check rules: %s has more than %d bytes", c.Path, catalog.MaxFileBytes)
	}
	found, skipped := catalog.ReadFile(c.Path, text, nil, rule.Step())
	return found, skipped, nil
}

func (c *rulesCheckCmd) report(out io.Writer, found []catalog.Found, skipped []catalog.Skipped) error {
	var text strings.Builder
	problems := 0
	for _, one := range found {
		for _, problem := range one.Problems {
			text.WriteString(problem.String() + "\n")
		}
		problems += len(one.Problems)
		if len(one.Problems) > 0 || c.Quiet {
			continue
		}
		fmt.Fprintf(&text, "%s: %s %s is good, %s\n", one.Document.Name, one.Document.Kind, one.Document.ID, one.Document.Hash)
		for line := range strings.Lines(catalog.Reading(one.Document)) {
			text.WriteString("    " + strings.TrimRight(line, "\n") + "\n")
		}
		for _, note := range one.Notes {
			text.WriteString("    " + note + "\n")
		}
	}
	mappings := 0
	for _, one := range skipped {
		switch {
		case one.Mapping:
			problems += c.checkMapping(&text, one.File)
			mappings++
		case !c.Quiet:
			fmt.Fprintf(&text, "%s: skipped, %s\n", one.File, one.Reason)
		}
	}
	if _, err := io.WriteString(out, text.String()); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	switch {
	case problems > 0:
		return fmt.Errorf("%w: %d in %s", errRulesProblems, problems, c.Path)
	case len(found)+mappings == 0:
		return fmt.Errorf("no definition and no mapping that could be checked in %s", c.Path)
	default:
		return nil
	}
}

// checkMapping checks a file with a mapping as laurel ingest reads it, and returns how many problems it has.
func (c *rulesCheckCmd) checkMapping(text *strings.Builder, file string) (problems int) {
	columns, err := readMapping(file)
	switch {
	case err != nil:
		text.WriteString(err.Error() + "\n")
		return strings.Count(err.Error(), "\n") + 1
	case !c.Quiet:
		fmt.Fprintf(text, "%s: Mapping is good, for laurel ingest --mapping\n    It reads the columns %s.\n", file,
			strings.Join(columns.Columns(), ", "))
	}
	return 0
}
