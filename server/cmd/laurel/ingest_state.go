package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/zeebo/xxh3"

	"github.com/laurelhq/laurel/server/mapping"
)

// ingestState is where an interrupted run stopped. It lies beside the file until the file is done.
type ingestState struct {
	// Source is a hash of everything before Position. It and Mapping tell whether file and mapping are still the same, URL whether the server
	// is.
	Source  string `json:"source"`
	Mapping string `json:"mapping"`
	URL     string `json:"url"`
	// History tells that the events are sent as history.
	History bool `json:"history,omitempty"`
	// From is the source whose events of an archive are sent; empty means that of all.
	From string `json:"from,omitempty"`
	// Position is behind the last unit that the server has acknowledged, Tally accounts for what lies before it.
	Position mapping.Position `json:"position"`
	Tally    mapping.Tally    `json:"tally"`
	// path is where the state is kept; empty when it is not.
	path string
	// file is what is read, hash that of its first hashed bytes.
	file   io.ReaderAt
	hash   *xxh3.Hasher
	hashed int64
}

// openState returns the state to go on from: that of an interrupted run of the same file, or a fresh one.
func (c *ingestCmd) openState(file io.ReaderAt, columns *mapping.Mapping) (*ingestState, error) {
	fresh := &ingestState{URL: c.URL, History: c.History, From: c.Source, file: file, hash: xxh3.New()}
	if columns != nil {
		fresh.Mapping = columns.Hash()
	}
	if c.DryRun {
		return fresh, nil
	}
	if fresh.path = c.Progress; fresh.path == "" {
		fresh.path = c.File + ".laurel-progress"
	}
	if !c.Resume {
		return fresh, nil
	}
	content, err := os.ReadFile(fresh.path)
	if errors.Is(err, fs.ErrNotExist) {
		return fresh, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read progress: %w", err)
	}
	kept := &ingestState{path: fresh.path, file: file, hash: xxh3.New()}
	if err := json.Unmarshal(content, kept); err != nil {
		return nil, fmt.Errorf("%s can't be read (%w): start anew with --no-resume", fresh.path, err)
	}
	if kept.Position.Offset == 0 {
		return fresh, nil // nothing was done, so it does not matter with what
	}
	source := kept.Source
	if err := kept.digest(); err != nil {
		return nil, fmt.Errorf("read %s: %w", c.File, err)
	}
	if kept.History != c.History {
		return nil, fmt.Errorf("%s belongs to a run that was begun %s --history: go on like that, or start anew with --no-resume", fresh.path,
			map[bool]string{true: "with", false: "without"}[kept.History])
	}
	if kept.From != c.Source {
		return nil, fmt.Errorf("%s belongs to a run with another --source (%s): go on with that, or start anew with --no-resume", fresh.path,
			cmp.Or(kept.From, "none"))
	}
	if kept.Source != source || kept.Mapping != fresh.Mapping || kept.URL != fresh.URL {
		return nil, fmt.Errorf("%s belongs to another file, mapping or server, or the file was changed before line %d since: start anew with "+
			"--no-resume",
			fresh.path, kept.Position.Line)
	}
	return kept, nil
}

// digest brings Source up to Position. A file that is shorter by now has another one.
func (s *ingestState) digest() error {
	n, err := io.Copy(s.hash, io.NewSectionReader(s.file, s.hashed, s.Position.Offset-s.hashed))
	s.hashed += n
	s.Source = fmt.Sprintf("%016x-%d", s.hash.Sum64(), s.hashed)
	return err
}

// probe finds out whether the state can be kept. Events may lie where nobody can write; they can be sent all the same.
func (s *ingestState) probe() error {
	err := s.save()
	if err != nil {
		s.path = ""
	}
	return err
}

// save replaces the state on disk as a whole, so that a kill leaves the old one or the new one.
func (s *ingestState) save() error {
	if s.path == "" {
		return nil
	}
	if err := s.digest(); err != nil {
		return fmt.Errorf("keep progress: %w", err)
	}
	content, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("keep progress: %w", err)
	}
	return replaceFile(s.path, content)
}

// checkReport finds out whether a report can be written, before there is one.
func checkReport(path string) error {
	if path == "" {
		return nil
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("--report must be a file, but %s is a folder", path)
	}
	temporary, err := besides(path)
	if err != nil {
		return fmt.Errorf("--report can't be written: %w", err)
	}
	if err := errors.Join(temporary.Close(), os.Remove(temporary.Name())); err != nil {
		return fmt.Errorf("--report can't be written: %w", err)
	}
	return nil
}

// writeReport writes a report that was printed before: what can't be written is not lost.
func writeReport(path string, report any) error {
	content, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return replaceFile(path, append(content, '\n'))
}

// besides makes a file in the folder of another one. What is wrong with it is said of that one, which the caller knows.
func besides(path string) (*os.File, error) {
	temporary, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	var refused *fs.PathError
	if errors.As(err, &refused) {
		return nil, fmt.Errorf("write %s: %w", path, refused.Err)
	}
	return temporary, err
}

func replaceFile(path string, content []byte) error {
	temporary, err := besides(path)
	if err != nil {
		return err
	}
	_, err = temporary.Write(content)
	err = errors.Join(err, temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, os.Remove(temporary.Name())))
	}
	return nil
}

// ingestReport is the report as a file.
type ingestReport struct {
	File    string `json:"file"`
	Mapping string `json:"mapping,omitempty"`
	Server  string `json:"server,omitempty"`
	DryRun  bool   `json:"dry_run,omitempty"`
	History bool   `json:"history,omitempty"`
	// Unfinished tells that the run ended before the file did: the report accounts for the rows up to there.
	Unfinished bool `json:"unfinished,omitempty"`
	mapping.Tally
	RefusedByReason map[string]int64 `json:"refused_by_reason,omitempty"`
}

// dryRunNote says what a dry run means.
const dryRunNote = `Dry run: nothing was sent. Checked was what needs no server: the form of events, their names and payloads, and that they
happened in 2000 or later. Not checked: whether they are there already, the server's horizon and clock, and currencies.
`

// unfinishedNote says what the report of a run means that was stopped or failed.
const unfinishedNote = "The run ended before the file did; up to there:\n"

// report prints what became of the rows and writes it to the file of reports, whichever of the two can be done.
func (c *ingestCmd) report(out io.Writer, tally *mapping.Tally, unfinished bool) (printing, writing error) {
	text := tally.Text(mapping.Told{DryRun: c.DryRun, Report: c.Report})
	if c.DryRun {
		text = dryRunNote + text
	}
	if unfinished {
		text = unfinishedNote + text
	}
	if _, err := io.WriteString(out, text); err != nil {
		printing = fmt.Errorf("print report: %w", err)
	}
	if c.Report != "" {
		writing = writeReport(c.Report, ingestReport{File: c.File, Mapping: c.Mapping, Server: c.URL, DryRun: c.DryRun, History: c.History,
			Unfinished: unfinished, Tally: *tally, RefusedByReason: tally.RefusedByReason()})
	}
	return printing, writing
}

// finish reports and forgets the progress, unless the report is nowhere: run again, the same command tells it then. It is an error when
// something was not accepted.
func (c *ingestCmd) finish(out io.Writer, state *ingestState) error {
	tally := &state.Tally
	if err := tally.Balance(); err != nil {
		return err
	}
	printing, writing := c.report(out, tally, false)
	if writing != nil || printing != nil && c.Report == "" {
		return errors.Join(printing, writing)
	}
	if state.path != "" {
		if err := os.Remove(state.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(printing, fmt.Errorf("forget progress: %w", err))
		}
	}
	if tally.Events.Rejected > 0 || tally.RowsOf.Unreadable > 0 {
		return errors.Join(printing, fmt.Errorf("%w: %d events rejected, %d rows unreadable", errNotAllAccepted, tally.Events.Rejected,
			tally.RowsOf.Unreadable))
	}
	return printing
}
