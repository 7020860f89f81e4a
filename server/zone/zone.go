package zone

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/laurelhq/laurel/server/word"
)

//go:embed zoneinfo.zip
var archive []byte

const (
	// example is what every refusal shows.
	example = "write an IANA name such as Europe/Kyiv"
	// maxNear is how many near names it shows.
	maxNear = 2
)

// list are the files of the archive by name of zone, and zones those that were read.
var (
	list = sync.OnceValues(func() (map[string]*zip.File, error) {
		reader, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
		if err != nil {
			return nil, fmt.Errorf("read the time zones: %w", err)
		}
		files := map[string]*zip.File{}
		for _, file := range reader.File {
			if !strings.HasSuffix(file.Name, "/") && file.Name != "Factory" {
				files[file.Name] = file
			}
		}
		return files, nil
	})
	zones sync.Map // *time.Location by name
)

// Load returns the zone of a name; the empty name is UTC. The error says what would be right.
func Load(name string) (*time.Location, error) {
	if name == "" || name == "UTC" {
		return time.UTC, nil
	}
	if known, ok := zones.Load(name); ok {
		return known.(*time.Location), nil
	}
	files, err := list()
	if err != nil {
		return nil, err
	}
	file := files[name]
	if file == nil {
		return nil, unknown(name, files)
	}
	loaded, err := read(name, file)
	if err != nil {
		return nil, fmt.Errorf("read the time zone %s: %w", name, err)
	}
	kept, _ := zones.LoadOrStore(name, loaded)
	return kept.(*time.Location), nil
}

func read(name string, file *zip.File) (_ *time.Location, err error) {
	content, err := file.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = content.Close() }()
	data, err := io.ReadAll(content)
	if err != nil {
		return nil, err
	}
	return time.LoadLocationFromTZData(name, data)
}

// unknown is the error for a name that is not on the list, with the names that may be meant.
func unknown(name string, files map[string]*zip.File) error {
	meant := strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(name), "right/"), "posix/")
	near := word.Nearest(meant, slices.Sorted(maps.Keys(files)))
	if files[meant] != nil {
		near = []string{meant}
	}
	if len(near) == 0 {
		return fmt.Errorf("%s is not a known time zone; %s", word.Quote(name), example)
	}
	return fmt.Errorf("%s is not a known time zone; did you mean %s? %s", word.Quote(name),
		strings.Join(near[:min(len(near), maxNear)], " or "), "W"+example[1:])
}
