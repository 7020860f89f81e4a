package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/laurelhq/laurel/server/archive"
	"github.com/laurelhq/laurel/server/mapping"
)

// checkSources looks through an archive before anything of it is sent. All that is sent gets the source of the key, under which an id can
// stand only once, so events of several sources would take each other's place.
func (c *ingestCmd) checkSources(file io.ReadSeeker) error {
	if c.Mapping != "" || !archive.IsEvents(c.File) {
		if c.Source != "" {
			return errors.New("--source picks events of an archive of the journal (.pb.gz); those of other files have no source but that of the key")
		}
		return nil
	}
	sources, err := mapping.ArchivedSources(file)
	if err != nil {
		return fmt.Errorf("%s: %w (nothing was sent)", c.File, err)
	}
	named := make([]string, 0, len(sources))
	for _, source := range slices.Sorted(maps.Keys(sources)) {
		named = append(named, fmt.Sprintf("%s (%d events)", source, sources[source]))
	}
	switch has := strings.Join(named, ", "); {
	case c.Source == "" && len(sources) > 1:
		return fmt.Errorf("%s has events of several sources: %s. What is sent becomes of one source, that of the key, and their ids may be "+
			"equal: send one source after the other with --source NAME, each with a key of a source of its own (nothing was sent)", c.File, has)
	case c.Source != "" && sources[c.Source] == 0 && len(sources) > 0:
		return fmt.Errorf("--source must be one that %s has, but is %q; it has %s", c.File, c.Source, has)
	}
	return nil
}
