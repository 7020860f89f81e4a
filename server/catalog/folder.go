package catalog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

const (
	// maxFolderFiles bounds the definition files of a folder.
	maxFolderFiles = 1000
	// MaxFileBytes bounds one file of definitions, in bytes.
	MaxFileBytes = 4 << 20
	// mappingFile is the name of files that say how a table is read; they are no definitions.
	mappingFile = "mapping.yaml"
	// kindMapping is the kind of such a file, however it is called.
	kindMapping = "Mapping"
)

// Found is a definition of a folder, checked.
type Found struct {
	Document *Document
	// Problems is empty when the definition may be published.
	Problems []Problem
	// Notes is what the steps say of a definition without problems, a line each.
	Notes []string
}

// Skipped is a document of a folder that is not loaded though nothing is wrong with it.
type Skipped struct {
	// File is the path of the file.
	File string
	// Reason says why, in words for a log.
	Reason string
	// Mapping tells that it is no definition but says how a table is read, which package mapping can check.
	Mapping bool
}

// ReadFolder parses every definition in the *.yaml and *.yml files of a folder and the folders below it, in the order of their paths, and
// runs the steps of their kinds. Definitions may refer to others of the folder, and to those of a vocabulary. Documents without a kind, of
// a kind that this version does not support, mappings, and files named mapping.yaml are skipped. name stands before the paths in problems
// and may be empty.
func ReadFolder(folder fs.FS, name string, known *Vocabulary, steps ...Step) ([]Found, []Skipped, error) {
	var found []Found
	var skipped []Skipped
	files := 0
	err := fs.WalkDir(folder, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := path.Base(file)
		hidden := strings.HasPrefix(base, ".") && base != "."
		switch extension := path.Ext(base); {
		case entry.IsDir() && hidden:
			return fs.SkipDir
		case entry.IsDir() || hidden || extension != ".yaml" && extension != ".yml":
			return nil
		case base == mappingFile:
			skipped = append(skipped, Skipped{File: path.Join(name, file), Reason: "a mapping, not a definition", Mapping: true})
			return nil
		}
		if files++; files > maxFolderFiles {
			return fmt.Errorf("more than %d definition files", maxFolderFiles)
		}
		text, err := readBounded(folder, file)
		if err != nil {
			return err
		}
		inFile, leftOut := readFile(path.Join(name, file), text)
		found, skipped = append(found, inFile...), append(skipped, leftOut...)
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read definitions in %s: %w", name, err)
	}
	refuseRepeats(found)
	runAll(found, known, steps)
	return found, skipped, nil
}

// runAll runs the steps on definitions that may refer to each other.
func runAll(found []Found, known *Vocabulary, steps []Step) {
	for _, one := range found {
		if len(one.Problems) == 0 {
			known = known.With(one.Document.Message, nil)
		}
	}
	for i, one := range found {
		found[i].Problems = RunSteps(one.Document, one.Problems, known, steps...)
		if len(found[i].Problems) == 0 {
			found[i].Notes = notes(one.Document, known, steps)
		}
	}
}

func readBounded(folder fs.FS, file string) ([]byte, error) {
	info, err := fs.Stat(folder, file)
	if err != nil {
		return nil, err
	}
	if info.Size() > MaxFileBytes {
		return nil, fmt.Errorf("%s has %d bytes; at most %d are read", file, info.Size(), MaxFileBytes)
	}
	return fs.ReadFile(folder, file)
}

// ReadFile is ReadFolder for one file, whose documents are separated by lines of ---.
func ReadFile(name string, text []byte, known *Vocabulary, steps ...Step) ([]Found, []Skipped) {
	found, skipped := readFile(name, text)
	refuseRepeats(found)
	runAll(found, known, steps)
	return found, skipped
}

func readFile(name string, text []byte) ([]Found, []Skipped) {
	var found []Found
	var skipped []Skipped
	for _, part := range split(text) {
		document, problems := parseAt(name, part.text, part.offset)
		switch {
		case document != nil && document.Kind == "":
			skipped = append(skipped, Skipped{File: name, Reason: fmt.Sprintf("line %d: a document without kind", document.source.root.Line)})
		case document != nil && document.Kind == kindMapping:
			skipped = append(skipped, Skipped{File: name, Reason: fmt.Sprintf("line %d: a mapping, not a definition", document.source.root.Line),
				Mapping: true})
		case document != nil && Unsupported(document.Kind):
			skipped = append(skipped, Skipped{File: name, Reason: fmt.Sprintf("line %d: %s", document.source.root.Line,
				kindProblem(document.Kind))})
		default:
			found = append(found, Found{Document: document, Problems: problems})
		}
	}
	return found, skipped
}

// refuseRepeats gives a problem to every definition whose id an earlier one of the file or folder has.
func refuseRepeats(found []Found) {
	first := map[string]string{}
	for i, one := range found {
		if one.Document == nil || one.Document.ID == "" {
			continue
		}
		key := one.Document.Kind + " " + one.Document.ID
		where, repeated := first[key]
		if !repeated {
			first[key] = one.Document.source.at("id", "").String()
			continue
		}
		found[i].Problems = append(found[i].Problems,
			one.Document.source.at("id", fmt.Sprintf("is taken by %s; ids are unique within a kind", strings.TrimSuffix(where, ": id: "))))
	}
}

// part is one document of a file.
type part struct {
	text   []byte
	offset int // lines before it
}

// split cuts a file at its document marks. A line of --- at the left edge is a mark wherever it stands, also in a block of text (YAML 1.2,
// 9.1.2).
func split(text []byte) []part {
	var parts []part
	var current []byte
	offset, line := 0, 0
	for rest := text; len(rest) > 0; line++ {
		end := bytes.IndexByte(rest, '\n') + 1
		if end == 0 {
			end = len(rest)
		}
		written := rest[:end]
		rest = rest[end:]
		if mark := bytes.TrimRight(written, " \t\r\n"); string(mark) == "---" {
			parts = append(parts, part{current, offset})
			current, offset = nil, line+1
			continue
		}
		current = append(current, written...)
	}
	parts = append(parts, part{current, offset})
	kept := parts[:0]
	for _, one := range parts {
		if !blank(one.text) {
			kept = append(kept, one)
		}
	}
	return kept
}

// blank reports whether a document has nothing but empty lines and comments.
func blank(text []byte) bool {
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return false
		}
	}
	return true
}

// FolderReport says what became of a folder.
type FolderReport struct {
	// Published are the new versions.
	Published []*laurelv1.Definition
	// Unchanged are definitions whose newest version is what the folder says.
	Unchanged []*laurelv1.Definition
	// Skipped is worth a warning each.
	Skipped []Skipped
}

// LoadFolder publishes every definition of a folder; see ReadFolder. Nothing is published when any of them has a problem: the error is then
// *Invalid, its problems with file and line. Loading the same folder again changes nothing.
func (s *Service) LoadFolder(ctx context.Context, folder fs.FS, name, by string) (FolderReport, error) {
	known, err := s.Vocabulary(ctx)
	if err != nil {
		return FolderReport{}, err
	}
	found, skipped, err := ReadFolder(folder, name, known, s.Steps...)
	report := FolderReport{Skipped: skipped}
	if err != nil {
		return report, err
	}
	if found, err = s.settled(ctx, found, &report); err != nil {
		return report, err
	}
	var problems []Problem
	for _, one := range found {
		problems = append(problems, one.Problems...)
	}
	if len(problems) > 0 {
		return report, &Invalid{Problems: problems[:min(len(problems), MaxProblems)]}
	}
	slices.SortStableFunc(found, func(a, b Found) int {
		return slices.Index(kinds, a.Document.kind) - slices.Index(kinds, b.Document.kind)
	})
	for _, one := range found {
		published, changed, err := s.publish(ctx, one.Document, nil, by)
		var invalid *Invalid
		switch {
		case errors.As(err, &invalid):
			return report, fmt.Errorf("%s: %w", one.Document.Name, invalid)
		case err != nil:
			return report, err
		case changed:
			report.Published = append(report.Published, published)
		default:
			report.Unchanged = append(report.Unchanged, published)
		}
	}
	return report, nil
}

// settled leaves out what a folder has no say in, and reports it: documents that were published word for word by a version of Laurel that
// checked them otherwise, and such as would follow a version that this one can't read, since that is for a person to do.
func (s *Service) settled(ctx context.Context, found []Found, report *FolderReport) (rest []Found, err error) {
	for _, one := range found {
		if one.Document == nil || one.Document.ID == "" {
			rest = append(rest, one)
			continue
		}
		newest, err := newestOf(ctx, s.Store.Ent(), one.Document.Kind, one.Document.ID)
		switch {
		case errors.Is(err, ErrNotFound):
			rest = append(rest, one)
		case err != nil:
			return nil, err
		case newest.GetYaml() == one.Document.Yaml && len(one.Problems) > 0:
			report.Unchanged = append(report.Unchanged, newest)
			report.Skipped = append(report.Skipped, Skipped{File: one.Document.Name,
				Reason: "it is published as it stands, but would be refused now: " + one.Problems[0].Message})
		case newest.GetHash() != one.Document.Hash && parsePublished(newest, s.Steps...).Unread != nil:
			report.Skipped = append(report.Skipped, Skipped{File: one.Document.Name, Reason: fmt.Sprintf(
				"version %d is published, which this version of Laurel can't read; publish what follows it in the studio", newest.GetVersion())})
		default:
			rest = append(rest, one)
		}
	}
	return rest, nil
}
